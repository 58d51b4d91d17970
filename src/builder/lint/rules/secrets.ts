import type { Finding, LintSource, Rule } from "../rule.ts";

const secretName = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const publicName = /(?:_|^)public(?:_|$)/i;

/** Values that end up in the image's history. */
export const secretRules: readonly Rule[] = [{ name: "SecretsUsedInArgOrEnv", check }];

function check({ dockerfile }: LintSource): Finding[] {
	return dockerfile.stages
		.flatMap(({ commands }) => commands)
		.flatMap((command) => {
			if (command.kind !== "arg" && command.kind !== "env") return [];
			const keys = command.kind === "arg" ? command.args : command.pairs;
			return keys
				.filter(({ key }) => secretName.test(key) && !publicName.test(key))
				.map(({ key }) => ({
					message: `Do not use ARG or ENV instructions for sensitive data (${command.kind.toUpperCase()} "${key}")`,
					range: command.range,
				}));
		});
}
