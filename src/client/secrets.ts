import type { HullSecret, HullSecretCreateRequest, HullSecretUpdateRequest } from "../api/index.ts";
import { callEmpty, callJson, callText } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import { type Filters, segment } from "./transport/request.ts";

/** Secrets and configs are handled alike. */
export type SecretKind = "secret" | "config";

/** Hull only, as all of these: Docker's are of swarms. */
export function secretList(engine: Engine, kind: SecretKind, filters: Filters = {}): Promise<HullSecret[]> {
	return callJson(engine, { method: "GET", path: `/hull/${kind}s`, query: { filters } });
}

export async function secretCreate(
	engine: Engine,
	kind: SecretKind,
	body: HullSecretCreateRequest,
): Promise<string> {
	const request = { method: "POST", path: `/hull/${kind}s`, body: { json: body } } as const;
	return (await callJson<{ Id: string }>(engine, request)).Id;
}

/** The document as the engine wrote it. */
export function secretInspectText(engine: Engine, kind: SecretKind, reference: string): Promise<string> {
	return callText(engine, { method: "GET", path: at(kind, reference) });
}

export function secretUpdate(
	engine: Engine,
	kind: SecretKind,
	target: { readonly reference: string; readonly change: HullSecretUpdateRequest },
): Promise<boolean> {
	const path = `${at(kind, target.reference)}/update`;
	return callEmpty(engine, { method: "POST", path, body: { json: target.change } });
}

export function secretDelete(engine: Engine, kind: SecretKind, reference: string): Promise<boolean> {
	return callEmpty(engine, { method: "DELETE", path: at(kind, reference) });
}

function at(kind: SecretKind, reference: string): string {
	return `/hull/${kind}s/${segment(reference)}`;
}
