/** What the engine has to say to whoever runs the process. */
export type LogLevel = "error" | "warn" | "info";

export type Logger = (level: LogLevel, message: string) => void;

export const consoleLogger: Logger = (level, message) => {
  console[level](`[everstep] ${message}`);
};
