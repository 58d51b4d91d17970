import type { Rule } from "../rule.ts";

/** How instructions are written. */
export const casingRules: readonly Rule[] = [
	{
		name: "NoEmptyContinuation",
		check: ({ lines }) =>
			lines
				.filter(({ hasEmptyContinuation }) => hasEmptyContinuation)
				.map(({ range }) => ({ message: "Empty continuation line", range })),
	},
	{
		name: "ConsistentInstructionCasing",
		check({ lines }) {
			const words = lines.map(({ text, range }) => ({ word: /^\s*(\S+)/.exec(text)![1]!, range }));
			const lower = words.filter(({ word }) => word === word.toLowerCase()).length;
			const upper = words.filter(({ word }) => word === word.toUpperCase()).length;
			const isLower = lower > upper;
			const name = isLower ? "lowercase" : "uppercase";
			return words
				.filter(({ word }) => word !== (isLower ? word.toLowerCase() : word.toUpperCase()))
				.map(({ word, range }) => ({
					message: `Command '${word}' should match the case of the command majority (${name})`,
					range,
				}));
		},
	},
];
