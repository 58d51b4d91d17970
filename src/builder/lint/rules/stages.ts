import type { Rule } from "../rule.ts";
import { fromWords } from "./from-words.ts";

const reserved = ["scratch", "context"];

/** Names of stages. */
export const stageRules: readonly Rule[] = [
	{
		name: "StageNameCasing",
		check: ({ dockerfile }) =>
			dockerfile.stages.flatMap((stage) => {
				const { name } = fromWords(stage);
				if (name === name.toLowerCase()) return [];
				return { message: `Stage name '${name}' should be lowercase`, range: stage.range };
			}),
	},
	{
		name: "FromAsCasing",
		check: ({ dockerfile }) =>
			dockerfile.stages.flatMap((stage) => {
				const { from, as } = fromWords(stage);
				if (as === "" || isUpper(from) === isUpper(as)) return [];
				return { message: `'${as}' and '${from}' keywords' casing do not match`, range: stage.range };
			}),
	},
	{
		name: "DuplicateStageName",
		check({ dockerfile }) {
			const seen = new Set<string>();
			return dockerfile.stages.flatMap(({ name, range }) => {
				const isKnown = name !== "" && seen.has(name);
				seen.add(name);
				if (!isKnown) return [];
				return { message: `Duplicate stage name '${name}', stage names should be unique`, range };
			});
		},
	},
	{
		name: "ReservedStageName",
		check: ({ dockerfile }) =>
			dockerfile.stages
				.filter(({ name }) => reserved.includes(name))
				.map(({ name, range }) => ({
					message: `Stage name should not use the same name as reserved stage '${name}'`,
					range,
				})),
	},
];

function isUpper(word: string): boolean {
	return word === word.toUpperCase();
}
