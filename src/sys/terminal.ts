export { type DetachedProcess, spawnDetached } from "./spawn-detached.ts";
export { makeTerminalRaw, terminalSize } from "./terminal-mode.ts";
