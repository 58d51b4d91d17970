export type * from "./contract.ts";
export type * from "./dockerfile/commands.ts";
export { DockerfileError, explain } from "./dockerfile/error.ts";
export { parseDockerfile } from "./dockerfile/parse.ts";
