/**
 * The Babel plugin. One pass over one file, nothing read from other files: find the directives,
 * refuse what cannot be compiled, then let the mode rewrite the file.
 */
import type { NodePath, template as Template, types as Types } from "@babel/core";
import { CompileError, EverstepError } from "../lib/contract/error";
import { analyse } from "./analyse";
import { findClasses } from "./compiled-class";
import { describeFile } from "./describe-file";
import type { FileContext, SourceFile } from "./file-context";
import { findDirectives, removeDirectives } from "./find-directives";
import { KeptImports } from "./keep-imports";
import { emitHost } from "./modes/host";
import { emitWorkflow } from "./modes/workflow";
import { type ModuleName, nameModule } from "./module-name";
import { type EverstepPluginOptions, readOptions } from "./options";
import { namesUsedBySteps, prune } from "./prune";
import { mayConcernCompiler } from "./quick-check";
import { createTemplates } from "./templates";
import { bindTypeScript, crawlScopes } from "./type-scope";

export type { EverstepPluginOptions, Mode } from "./options";
export type * from "./metadata";

interface BabelApi {
  types: typeof Types;
  template: typeof Template;
}

/** What Babel gets; typed without Babel's own types, which a user may not have installed. */
export interface EverstepPlugin {
  name: string;
  visitor: object;
}

export default function everstep(api: object, options?: EverstepPluginOptions): EverstepPlugin {
  const { types, template } = api as BabelApi;
  const { mode, root } = readOptions(options);
  const concernsCompiler = ({ code }: SourceFile, program: Types.Program): boolean =>
    code ? mayConcernCompiler(code, mode) : holdsDirective(types, program);
  const templates = createTemplates(template);
  return {
    name: "everstep",
    visitor: {
      Program(program: NodePath<Types.Program>, { file }: { file: SourceFile }) {
        if (!concernsCompiler(file, program.node)) return;
        const moduleName = nameFile(file, root);
        const shared = { t: types, templates, mode, file, program };
        compile({ ...shared, moduleName, diagnostics: [] });
      },
    },
  };
}

/** For a tree without its text. */
function holdsDirective(t: typeof Types, program: Types.Program): boolean {
  let found = false;
  t.traverseFast(program, (node) => {
    if (node.type === "DirectiveLiteral") found ||= mayConcernCompiler(`"${node.value}"`, "host");
  });
  return found;
}

function nameFile(file: SourceFile, root: string | undefined): ModuleName {
  const { filename } = file.opts;
  if (filename) return nameModule(filename, root);
  throw new EverstepError("FILENAME_MISSING", "The source has directives but no file name");
}

function compile(context: FileContext): void {
  const { program, mode, file } = context;
  const directives = findDirectives(context);
  bindTypeScript(program);
  const functions = analyse(context, directives);
  refuse(context);
  const classes = findClasses(context, functions);
  if (functions.length === 0 && classes.length === 0 && mode !== "workflow") {
    return void program.scope.crawl();
  }
  const describe = describeFile(context, functions, classes);
  for (const path of directives.functions.keys()) {
    removeDirectives(path.node.body as Types.BlockStatement);
  }
  if (mode === "workflow") {
    const usedBySteps = namesUsedBySteps(context, functions);
    const { exported, sandbox } = emitWorkflow(context, functions, classes);
    if (functions.some(({ kind }) => kind === "step")) {
      crawlScopes(program);
      prune(context, functions, usedBySteps, sandbox);
    }
    program.scope.crawl();
    file.metadata = Object.assign(file.metadata, { everstep: describe(exported) });
  } else {
    const imports = new KeptImports(context);
    emitHost(context, functions, classes);
    program.scope.crawl();
    if (imports.restore()) program.scope.crawl();
    file.metadata = Object.assign(file.metadata, { everstep: describe(new Set()) });
  }
  removeDirectives(program.node);
}

function refuse({ diagnostics }: FileContext): void {
  const [first, ...others] = diagnostics;
  if (first) throw new CompileError(first, others);
}
