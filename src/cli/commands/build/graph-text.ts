import type { HullBuildEvent } from "../../../client/index.ts";

type Steps = (HullBuildEvent & { readonly kind: "graph" })["steps"];

/** The steps as a tree: the result on top, below each what it stands on. What was shown already is named only. */
export function graphText(steps: Steps): string {
	const byDigest = new Map(steps.map((step) => [step.digest, step]));
	const needed = new Set(steps.flatMap(({ inputs }) => inputs));
	const shown = new Set<string>();
	const lines: string[] = [];
	const show = (digest: string, lead: { readonly first: string; readonly rest: string }) => {
		const step = byDigest.get(digest);
		if (step === undefined) return;
		const again = shown.has(digest);
		shown.add(digest);
		const contexts = step.contexts.map((name) => (name === "" ? "context" : `context ${name}`));
		const from = contexts.length > 0 ? ` (${contexts.join(", ")})` : "";
		lines.push(`${lead.first}${step.name}${from}${again && step.inputs.length > 0 ? " ↑" : ""}`);
		if (again) return;
		for (const [index, input] of step.inputs.entries()) {
			const isLast = index === step.inputs.length - 1;
			show(input, {
				first: `${lead.rest}${isLast ? "└─ " : "├─ "}`,
				rest: `${lead.rest}${isLast ? "   " : "│  "}`,
			});
		}
	};
	for (const { digest } of steps) if (!needed.has(digest)) show(digest, { first: "", rest: "" });
	return lines.map((line) => `${line}\n`).join("");
}
