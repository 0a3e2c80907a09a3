export * from "./replay/api-door";
