import type { Dockerfile, Stage } from "../dockerfile/commands.ts";
import { expand } from "../dockerfile/expand.ts";

/**
 * Numbers of the stages that a target is made of, in order, itself included. A name that only the build's arguments
 * fill in is looked up with the defaults of the Dockerfile's head.
 */
export function neededStages(
	dockerfile: Dockerfile,
	target: string,
	given: ReadonlyMap<string, string | undefined> = new Map(),
): number[] {
	const { stages } = dockerfile;
	const fill = fillHead(dockerfile, given);
	const last = target === "" ? stages.length - 1 : (find(stages, target, stages.length) ?? stages.length - 1);
	const needed = new Set<number>();
	const visit = (index: number) => {
		if (needed.has(index)) return;
		needed.add(index);
		for (const name of referencesOf(stages[index]!)) {
			const earlier = find(stages, fill(name), index);
			if (earlier !== undefined) visit(earlier);
		}
	};
	visit(last);
	return [...needed].sort((a, b) => a - b);
}

/** Fills in what the Dockerfile's head declares; a text that it cannot fill in stays as it is. */
export function fillHead(
	{ args, directives }: Dockerfile,
	given: ReadonlyMap<string, string | undefined>,
): (text: string) => string {
	const variables = new Map<string, string>();
	const fill = (text: string) => {
		try {
			const { text: filled, unset } = expand(text, variables, { escapeToken: directives.escape });
			return unset.size > 0 ? text : filled;
		} catch {
			return text;
		}
	};
	for (const { key, value } of args) variables.set(key, given.get(key) ?? fill(value ?? ""));
	return fill;
}

function referencesOf({ base, commands }: Stage): string[] {
	const from = commands.flatMap((command) => {
		if (command.kind === "copy") return command.from ?? [];
		if (command.kind !== "run") return [];
		return command.mounts.flatMap((mount) => ("from" in mount ? (mount.from ?? []) : []));
	});
	// A base that is a number is an image's name, not a stage's.
	return /^\d+$/.test(base) ? from : [base, ...from];
}

function find(stages: readonly Stage[], reference: string, end: number): number | undefined {
	const name = reference.toLowerCase();
	for (let index = end - 1; index >= 0; index--) if (stages[index]!.name === name) return index;
	return /^\d{1,6}$/.test(name) && Number(name) < end ? Number(name) : undefined;
}
