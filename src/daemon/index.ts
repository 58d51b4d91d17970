export { runDaemon } from "./run.ts";
