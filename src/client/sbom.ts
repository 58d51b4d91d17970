import type { HullPackageList } from "../api/index.ts";
import { callJson, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { referencePath } from "./transport/request.ts";

/** The packages of an image. Hull only. */
export function imagePackages(engine: Engine, reference: string): Promise<HullPackageList> {
	return callJson(engine, { method: "GET", path: at(reference) });
}

/** A bill of materials as the engine wrote it. Hull only. */
export function imageSbomText(
	engine: Engine,
	reference: string,
	format: "spdx-json" | "cyclonedx-json",
): Promise<string> {
	return callText(engine, { method: "GET", path: at(reference), query: { format } });
}

function at(reference: string): string {
	return `/hull/images/${referencePath(reference)}/sbom`;
}
