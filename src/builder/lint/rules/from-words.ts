import type { Stage } from "../../dockerfile/commands.ts";

/** The words of a FROM as they are written. */
export interface FromWords {
	readonly from: string;
	readonly base: string;
	/** Empty without a name. */
	readonly as: string;
	readonly name: string;
}

export function fromWords({ source }: Stage): FromWords {
	const words = source.split(/\s+/).filter((word) => !word.startsWith("--"));
	const [from = "", base = "", as = "", name = ""] = words;
	return { from, base, as, name };
}
