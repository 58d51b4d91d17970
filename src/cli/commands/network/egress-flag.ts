/** `--egress`, wherever it is taken. */
export const egressFlag = {
	kind: "list",
	name: "egress",
	word: "rule",
	completes: "none",
	help: "What may be left for: deny, or allow=TARGET[:PORTS][/PROTOCOL]; off: everything",
} as const;

/** The policy that flags mean, as the engine takes it; `undefined` without any. */
export function egressPolicy(rules: readonly string[]): string | undefined {
	if (rules.length === 0) return undefined;
	if (rules.every((rule) => rule === "off")) return "";
	if (rules.includes("off")) throw new Error("--egress off goes with no other rule");
	return rules.join(" ");
}
