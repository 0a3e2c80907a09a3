/** Every code of an error, and what to do about it. Each has a page, `docs/errors/<code>.md`. */
export interface ErrorEntry {
  /** One sentence: what to do about it. */
  remedy: string;
}

export const ERROR_TABLE = {
  // The compiler.
  DIRECTIVE_NOT_FIRST: {
    remedy: "Move the directive above every other statement.",
  },
  DIRECTIVE_MISSPELT: {
    remedy: "Correct the spelling, or rename the string if it is not meant as a directive.",
  },
  DIRECTIVES_CONFLICT: {
    remedy: "Keep one of the two: the workflow decides what happens, a step does the work.",
  },
  FUNCTION_NOT_ASYNC: { remedy: "Make it `async` and not a generator." },
  EXPORT_NOT_ASYNC_FUNCTION: {
    remedy:
      "Move the export to another file, or put the directive into the functions that need it.",
  },
  POSITION_NOT_SUPPORTED: {
    remedy:
      "Use a function, an object method or a static method of a class at the top of the file.",
  },
  FILENAME_MISSING: { remedy: "Pass `filename` to Babel: ids are made from it." },
  CLASS_NOT_SERIALIZABLE: {
    remedy:
      'Give the class both static methods [Symbol.for("workflow-serialize")] and [Symbol.for("workflow-deserialize")], or make the step static.',
  },
  WORKFLOW_NESTED: { remedy: "Move the workflow out of the function around it." },
  NAME_NOT_STATIC: { remedy: "Give it a name that can be read in the source." },
  THIS_NOT_SUPPORTED: {
    remedy: "Pass what it needs as an argument, or make it a static method of a class.",
  },
  CAPTURE_NOT_SUPPORTED: { remedy: "Pass the value as an argument of the step." },
  STATIC_PROPERTY_NOT_HOISTABLE: {
    remedy: "Assign a constant, or declare the step at the top of the file.",
  },
  PLUGIN_OPTION_INVALID: {
    remedy: "Correct the options of everstep/babel-plugin in the Babel config.",
  },
  ROOT_OUTSIDE_PROJECT: {
    remedy: "Set `root` to the folder of the project, or leave it out.",
  },
  // The build.
  ENTRY_NOT_FOUND: {
    remedy: "Correct the path; folders and files may be given, relative to the root.",
  },
  FILE_UNREADABLE: { remedy: "Check that the file exists and that this user may read it." },
  SYNTAX_INVALID: { remedy: "Correct the syntax at the place shown." },
  BUNDLE_FAILED: { remedy: "Follow the messages of the bundler above; each names its file." },
  NODE_MODULE_IN_WORKFLOW: {
    remedy: "Use the module inside a step: step bodies run in Node and never enter the sandbox.",
  },
  FILE_NOT_SUPPORTED: {
    remedy: "Import it inside a step, or leave it out of the files that workflows reach.",
  },
  ID_DUPLICATE: {
    remedy:
      "Rename one of the functions, or set `root` to the folder above both packages, for the compiler and the build alike.",
  },
  OUTPUT_UNWRITABLE: {
    remedy: "Check that it is a folder, or can be made one, and that this user may write to it.",
  },
  BUILD_FAILED: { remedy: "Correct each of the errors listed; nothing was written." },
  // Finding the bundle at boot.
  BUNDLE_NOT_FOUND: {
    remedy:
      "Run `npx everstep build` before the deploy and ship the folder it writes with the app.",
  },
  MANIFEST_INVALID: {
    remedy: "Run `npx everstep build` again with the version of everstep that the app runs.",
  },
  WORKFLOW_NOT_IN_MANIFEST: {
    remedy:
      "Run `npx everstep build` from the sources the app is compiled from, and deploy its output.",
  },
  NOT_COMPILED: {
    remedy:
      "Add everstep/babel-plugin to the Babel config that compiles the file, or start the app with `node --import everstep/register`.",
  },
  WORKFLOW_CALLED_DIRECTLY: { remedy: "Start it with `start()`; calling it would not be durable." },
  HOOK_NOT_FOUND: {
    remedy: "Check the token; a hook is gone when it was disposed and when its run is over.",
  },
  HOOK_GONE: {
    remedy: "Do not try again: nobody waits for it any more.",
  },
  HOOK_ALREADY_RESUMED: {
    remedy: "Take it that somebody else was faster: the hook takes one payload, and has it.",
  },
  HOOK_PAYLOAD_INVALID: {
    remedy: "Correct what is listed, and send it again; the hook still waits.",
  },
  HOOK_SCHEMA_INVALID: {
    remedy: "Give the hook a Standard Schema, or a JSON Schema that needs nothing from elsewhere.",
  },
  // Replay.
  HOOK_CONFLICT: {
    remedy: "Choose another token, or ask `hook.getConflict()` and leave the work to that run.",
  },
  WORKFLOW_NOT_REGISTERED: {
    remedy: "Bring the workflow back under this id, or start the run again under its new one.",
  },
  REPLAY_DIVERGED: {
    remedy:
      "Bring back the code that the run was started with, or start it again: its log cannot be continued by code that takes another path.",
  },
  EVENT_LOG_CORRUPTED: {
    remedy: "Restore the run's log from a backup, or start the run again.",
  },
  TURN_TIME_EXCEEDED: {
    remedy:
      "Move the work into a step, or end the loop: a workflow only decides what happens next.",
  },
  SANDBOX_BROKEN: {
    remedy:
      "Leave the methods of built-in classes as they are in workflow code. If they are, please report it, with the log of the run.",
  },
  LOG_NOT_SUPPORTED: {
    remedy: "Update everstep: the log was written by a newer version than the one that reads it.",
  },
  BUNDLE_NOT_SUPPORTED: {
    remedy: "Update everstep: the bundle was built for a newer version than the one that runs it.",
  },
  // Stored values.
  VALUE_NOT_SERIALIZABLE: {
    remedy: "Pass plain data, or give the class both methods that make its instances storable.",
  },
  VALUE_TOO_DEEP: { remedy: "Flatten the value: keep references between its parts as ids." },
  VALUE_TOO_LARGE: { remedy: "Store the data elsewhere and pass a reference to it." },
  VALUE_UNREADABLE: {
    remedy: "Read it with the version of everstep that wrote it, or a later one.",
  },
  CLASS_THREW: {
    remedy: "Let the class read all that it has ever written: what is in logs stays as it is.",
  },
  CLASS_NOT_FOUND: {
    remedy: "Keep the class where it was, in a file that the workflow or the step imports.",
  },
  // Globals of the sandbox.
  FETCH_IN_WORKFLOW: {
    remedy: "Import `fetch` and call that, or make the request inside a step of your own.",
  },
  TIMER_IN_WORKFLOW: {
    remedy: "Wait with `sleep`; to limit how long something may take, race it against `sleep`.",
  },
  NOT_SUPPORTED_IN_WORKFLOW: {
    remedy: "Do it inside a step, which runs in Node, and return what the workflow needs of it.",
  },
  CALLED_IN_WRONG_PLACE: { remedy: "Move the call to where the message says it belongs." },
  // Runs and their steps.
  START_INVALID: {
    remedy:
      "Pass the workflow function itself, from a file that everstep/babel-plugin has compiled.",
  },
  START_OPTION_INVALID: { remedy: "Correct the option; nothing was started." },
  RUN_KEY_TAKEN: {
    remedy: "Use the run that has the key, or wait until it is over.",
  },
  RUN_NOT_FOUND: {
    remedy:
      "Check the id; a run that ended long ago may have been removed by its retention policy.",
  },
  RUN_FAILED: { remedy: "See the cause: it is what the workflow threw." },
  RUN_CANCELLED: { remedy: "Start it again if it was cancelled by mistake." },
  RUN_OVER: { remedy: "Nothing is left to do: the end of a run is final." },
  RETRY_OPTION_INVALID: { remedy: "Correct the option; nothing was changed." },
  RUN_TIMED_OUT: { remedy: "Give the run a later deadline, or find out what it waited for." },
  USER_ERROR: { remedy: "Catch it in the workflow, or correct what throws it." },
  MAX_EVENTS_EXCEEDED: {
    remedy: "Split the work: let one run start others, each of which does a part of it.",
  },
  INBOX_FULL: {
    remedy: "Find out why the run does not take its messages, with `run.explain()`.",
  },
  STREAM_CLOSED: {
    remedy: "Write to the stream before it is closed, in a step that is under way.",
  },
  STREAM_BROKEN: {
    remedy: "Look at why its writer gave up; the chunks before that were read and are right.",
  },
  STREAM_GAP: { remedy: "Begin at a chunk that is still kept, or read from the end." },
  STREAM_OPTION_INVALID: { remedy: "Correct the option; nothing was read or sent." },
  STREAM_UNKNOWN: { remedy: "Pass on streams that `getWritable()` or a run has given." },
  WEBHOOK_NOT_ANSWERED: {
    remedy: "Call `request.respondWith()` in a step, for every request that the workflow takes.",
  },
  WEBHOOK_TIMEOUT: {
    remedy: "Answer sooner, or give the caller more time with `replyTimeoutMs`.",
  },
  WEBHOOK_ANSWERED: { remedy: "Answer each request once." },
  STEP_NOT_REGISTERED: {
    remedy:
      "Bring the step back, or name its old id in `formerly` of the one that replaces it; the run then goes on by itself.",
  },
  STEP_OPTION_INVALID: { remedy: "Correct the option of the step; the run then goes on." },
  WORKFLOW_OPTION_INVALID: {
    remedy: "Correct the option of the workflow; the run then begins.",
  },
  STEP_LOST: {
    remedy:
      "Look for what ends the process while the step runs: memory, `process.exit`, or a limit of the host.",
  },
  RUN_MAKES_NO_PROGRESS: {
    remedy: "Look for what ended the process, and wake the run with `run.wakeUp()`.",
  },
  ENGINE_FAILED: {
    remedy: "Please report it with the stack; `run.wakeUp()` lets the run try again.",
  },
  RUNTIME_OPTION_INVALID: { remedy: 'Say "pinned" or "latest", or leave it out.' },
  IDEMPOTENCY_KEY_MISSING: {
    remedy: "Send an `Idempotency-Key` header with a value of your own for each request.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    remedy: "Send a new key with a new request, and the same request with the same key.",
  },
  RUNTIME_STOPPED: { remedy: "Make a new runtime: one that was stopped does not start again." },
  // Requests.
  WEBHOOK_BODY_PARSED: {
    remedy:
      "Mount workflowMiddleware() ahead of express.json() and its like, or let their `verify` keep the bytes: `(req, res, bytes) => { req.rawBody = bytes; }`.",
  },
  // The world.
  SECRET_MISSING: {
    remedy: "Set WORKFLOW_SECRET to the same long random text in all processes of the app.",
  },
  WORLD_UNKNOWN: {
    remedy: "Set WORKFLOW_TARGET_WORLD to `embedded`, `redis`, or the name of a package.",
  },
  DATA_FOLDER_UNUSABLE: {
    remedy:
      "Give a folder that this user may write to, with `dataDir` or WORKFLOW_EMBEDDED_DATA_DIR.",
  },
  DATA_FORMAT_NOT_SUPPORTED: {
    remedy:
      "Run the version of everstep that has written the data, or a later one, with the settings that it had.",
  },
  STORAGE_FAILED: {
    remedy:
      "Free space on the disk and check that it can be written; runs then go on by themselves.",
  },
  SQLITE_MISSING: {
    remedy: "Use Node 22.13 or newer, or install the package @photostructure/sqlite.",
  },
  REDIS_UNREACHABLE: {
    remedy:
      "Check the address and that the server is up; what was acknowledged is there, and runs go on by themselves.",
  },
  REDIS_FULL: {
    remedy:
      "Raise `maxmemory`, or let finished runs go sooner; everything goes on by itself when there is room.",
  },
  REDIS_NOT_CONFIRMED: {
    remedy: "Bring the replica or the disk of the server back, and ask again.",
  },
  REDIS_TOO_OLD: { remedy: "Use Redis 7.0 or newer, or Valkey." },
  REDIS_EVICTS: {
    remedy: "Set `maxmemory-policy noeviction`, or say `allowEviction: true` if runs may be lost.",
  },
  REDIS_DRIVER_MISSING: { remedy: "Install the package that the message names." },
  REDIS_DRIVER_UNSUITABLE: { remedy: "Install the version that the message names." },
  DURABILITY_NOT_AVAILABLE: {
    remedy: "Give the server what the message names, or ask for another `durability`, or for none.",
  },
  RUN_NOT_OVER: { remedy: "Cancel the run first." },
  BUNDLE_UNKNOWN: { remedy: "Store the bundle before the first run that names it." },
  WORLD_CLOSED: { remedy: "Make a new world: one that was closed is not opened again." },
  // Tests.
  WAIT_TIMED_OUT: {
    remedy:
      "Bring about what the run waits for first, with `world.advance()` say, or give it more time.",
  },
  WAIT_IN_VAIN: { remedy: "Look at how the run ended, and wait for what comes before that." },
  CRASH_POINT_FAILED: {
    remedy:
      "See the cause; a step that ran when the process died runs again, so it must bear that.",
  },
  // The command line.
  USAGE_INVALID: { remedy: "Run `npx everstep --help` for the commands and their options." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_TABLE;
