export { type CompareOptions, compare } from "./compare.ts";
export { needNames, needs } from "./needs.ts";
export type * from "./report.ts";
export { workNames } from "./report.ts";
export { countVerdicts, groupTitles, type WallGroup, wallKinds } from "./walls.ts";
