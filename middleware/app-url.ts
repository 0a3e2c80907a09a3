/**
 * Where the app can be reached, for the addresses of webhooks, when nobody has said so.
 *
 * - U1 It is this machine, the port of the socket on which requests come, and the mount path.
 * - U2 Protocol and host come from requests only where the app trusts the proxy that says so. Anybody
 *   can write a Host header.
 */
import { type AppRequest, isForwarded, originOf } from "./node-request";
import { type ParentApp, pathOfMount } from "./parent-app";

const USUAL_PORT = 3000;

export class AppUrl {
  private mount: (() => string) | undefined;
  private basePath: string | undefined;
  private port: number | undefined;
  private origin: string | undefined;

  current(): string {
    const port = this.port ?? (Number(process.env["PORT"]) || USUAL_PORT);
    const origin = this.origin ?? `http://localhost:${port}`;
    return origin + this.path();
  }

  /** Requests may write the prefix in letters of another size, which not every proxy takes. */
  private path(): string {
    const mount = this.mount?.();
    const { basePath = mount ?? "" } = this;
    return mount?.toLowerCase() === basePath.toLowerCase() ? mount : basePath;
  }

  /** The app that has us mounted may be mounted itself, now or later. */
  mountedAt(parent: ParentApp, mountpath: unknown): void {
    this.mount ??= () => (parent.path?.() ?? "") + pathOfMount(mountpath);
  }

  /** The first one says where we are; later ones change nothing. */
  learn(req: AppRequest): void {
    this.basePath ??= (req.baseUrl ?? "").replace(/\/+$/, "");
    this.port ??= req.socket.localPort;
    if (this.origin === undefined && isForwarded(req)) {
      const { protocol, host } = originOf(req);
      this.origin = `${protocol}://${host}`;
    }
  }
}
