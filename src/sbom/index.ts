export { cyclonedxDocument } from "./cyclonedx.ts";
export { packageUrl } from "./package-url.ts";
export { spdxDocument } from "./spdx.ts";
export type * from "./subject.ts";
