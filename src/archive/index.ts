export type * from "./contract.ts";
export { extractLayerWith } from "./extract-layer.ts";
