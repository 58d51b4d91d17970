export type * from "./contract.ts";
export type * from "./dockerfile/commands.ts";
export { DockerfileError, explain } from "./dockerfile/error.ts";
export { parseDockerfile } from "./dockerfile/parse.ts";
export type { BaseImage, Step } from "./graph/graph.ts";
export { planGraph } from "./graph/plan.ts";
export { type LintWarning, lintDockerfile } from "./lint/lint.ts";
export * from "./progress/classic.ts";
