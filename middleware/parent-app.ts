/** What we use of an Express app that has us mounted, in either version. */
export interface ParentApp {
  /** Where the app itself is mounted; empty for the outermost. */
  path?: () => string;
  get?: (setting: string) => unknown;
  /** Of Express 5. */
  router?: { stack?: unknown };
  /** Of Express 4. */
  _router?: { stack?: unknown };
}

export interface Layer {
  name?: string;
  match?: (path: string) => boolean;
}

/** What is mounted in an app, in order; we come last at the moment at which we are. */
export function layersOf(app: ParentApp): Layer[] {
  const stack = app._router?.stack ?? routerOf(app)?.stack;
  return Array.isArray(stack) ? (stack as Layer[]) : [];
}

/** Express 4 has an accessor that throws. */
function routerOf(app: ParentApp): ParentApp["router"] {
  try {
    return app.router;
  } catch {
    return undefined;
  }
}

/** The fixed part of a mount path; empty for the root, and for patterns. */
export function pathOfMount(mountpath: unknown): string {
  const path: unknown = Array.isArray(mountpath) ? mountpath[0] : mountpath;
  if (typeof path !== "string" || /[:*?+(){}[\]]/.test(path)) return "";
  return path.replace(/\/+$/, "");
}
