import { createHash } from "node:crypto";
import type { Digest } from "../../oci/index.ts";
import type { Operation } from "./graph.ts";

/** The name of a step: the digest of what it does and of what it stands on, which is in it by name. */
export function definitionOf(operation: Operation): Digest {
	return digestOfJson(operation.kind === "run" ? { ...operation, shown: undefined } : operation);
}

/** Members in the order of their names, so that the same data has the same digest. */
export function digestOfJson(value: unknown): Digest {
	const text = JSON.stringify(value, (_key, member: unknown) => {
		if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
		return Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)));
	});
	return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
