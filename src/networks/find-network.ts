import { EngineError } from "../lib/index.ts";
import type { NetworkRecord } from "./contract.ts";

/** A network by id, name or unambiguous id prefix, in this order, as Docker looks it up. */
export function findNetwork(networks: readonly NetworkRecord[], reference: string): NetworkRecord {
	const exact =
		networks.find(({ id }) => id === reference) ?? networks.find(({ name }) => name === reference);
	if (exact !== undefined) return exact;
	const matches = reference === "" ? [] : networks.filter(({ id }) => id.startsWith(reference));
	if (matches.length === 1) return matches[0]!;
	if (matches.length === 0) throw new EngineError("not_found", `network ${reference} not found`);
	throw new EngineError(
		"invalid_argument",
		`network ${reference} is ambiguous (${matches.length} matches found based on ID prefix)`,
	);
}
