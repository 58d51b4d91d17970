import { cleanPath, parseIgnoreFile } from "../../contexts/ignore.ts";
import type { LintSource, Rule } from "../rule.ts";

/** COPY and ADD of what the context does not have. */
export const copyRules: readonly Rule[] = [
	{
		name: "CopyIgnoredFile",
		check({ dockerfile, options }: LintSource) {
			if (options.ignore === undefined) return [];
			const rules = parseIgnoreFile(options.ignore);
			return dockerfile.stages
				.flatMap(({ commands }) => commands)
				.flatMap((command) => {
					if ((command.kind !== "copy" && command.kind !== "add") || command.from !== undefined) return [];
					return command.sources
						.filter((source) => isPlain(source))
						.filter((source) => rules.ignores(cleanPath(source)) && !rules.mayHoldKept(cleanPath(source)))
						.map((source) => ({
							message: `Attempting to ${command.kind === "copy" ? "Copy" : "Add"} file ${JSON.stringify(source)} that is excluded by .dockerignore`,
							range: command.range,
						}));
				});
		},
	},
];

/** Not an address, not a pattern, nothing that a variable fills in, and not the whole context. */
function isPlain(source: string): boolean {
	return !/[*?[\\$"']|^[a-z][a-z0-9+.-]*:\/\/|^git@/i.test(source) && cleanPath(source) !== "";
}
