export { createBuilder } from "./builder.ts";
export { type BuildContexts, type ContextsOptions, createContexts } from "./contexts/contexts.ts";
export { findMatches, type Look } from "./contexts/find-matches.ts";
export { cleanPath } from "./contexts/ignore.ts";
export { TreeIndex } from "./contexts/tree-index.ts";
export type * from "./contract.ts";
export type * from "./dockerfile/commands.ts";
export { DockerfileError, explain } from "./dockerfile/error.ts";
export { parseDockerfile } from "./dockerfile/parse.ts";
export { type Entitlement, readEntitlement } from "./entitlements.ts";
export type { BaseImage, Step } from "./graph/graph.ts";
export { planPlatforms } from "./graph/plan-platforms.ts";
export { type LintWarning, lintDockerfile } from "./lint/lint.ts";
export type { BuilderOptions } from "./options.ts";
export {
	checkCacheSource,
	checkInlineCache,
	readCacheTarget,
	unsupportedCache,
} from "./portable/options.ts";
export * from "./progress/classic.ts";
export { createCopier } from "./steps/copy/copier.ts";
export { StepFailed } from "./steps/failed.ts";
