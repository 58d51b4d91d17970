import type { Rule } from "../rule.ts";

/** Comments that describe stages and arguments. */
export const descriptionRules: readonly Rule[] = [
	{
		name: "InvalidDefinitionDescription",
		isExperimental: true,
		check: ({ lines }) =>
			lines.flatMap(({ text, comment, range }) => {
				const name = definedName(text);
				if (name === "" || comment === "" || comment.toLowerCase().startsWith(`${name.toLowerCase()} `))
					return [];
				const kind = /^\s*arg\b/i.test(text) ? "argument" : "build stage";
				return {
					message: `Comment for ${kind} should follow the format: \`# ${name} <description>\`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.`,
					range,
				};
			}),
	},
];

function definedName(text: string): string {
	const stage = /^\s*from\s.*\sas\s+(\S+)\s*$/i.exec(text);
	return stage?.[1] ?? /^\s*arg\s+([^\s=]+)/i.exec(text)?.[1] ?? "";
}
