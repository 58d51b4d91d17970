import { DockerfileError, type SourceRange } from "../dockerfile/error.ts";
import { logicalLines } from "../dockerfile/logical-lines.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { LintOptions, LintSource, Rule } from "./rule.ts";
import { casingRules } from "./rules/casing.ts";
import { commandRules } from "./rules/commands.ts";
import { copyRules } from "./rules/copies.ts";
import { descriptionRules } from "./rules/descriptions.ts";
import { exposeRules } from "./rules/expose.ts";
import { platformRules } from "./rules/platforms.ts";
import { secretRules } from "./rules/secrets.ts";
import { stageRules } from "./rules/stages.ts";
import { variableRules } from "./rules/variables.ts";

export interface LintWarning {
	readonly rule: string;
	readonly message: string;
	readonly url: string;
	readonly range: SourceRange;
}

export interface LintReport {
	/** By line. */
	readonly warnings: readonly LintWarning[];
	/** The Dockerfile says that warnings are errors, and there are some. */
	readonly isError: boolean;
}

export const rules: readonly Rule[] = [
	...casingRules,
	...stageRules,
	...platformRules,
	...variableRules,
	...commandRules,
	...exposeRules,
	...secretRules,
	...copyRules,
	...descriptionRules,
];

/**
 * Checks a Dockerfile, as its `check` directive wants it. Errors: {@link DockerfileError} when it cannot be read.
 * https://docs.docker.com/reference/dockerfile/#check
 */
export function lintDockerfile(text: string, options: LintOptions): LintReport {
	const dockerfile = parseDockerfile(text);
	const source: LintSource = { ...logicalLines(text), dockerfile, options };
	const wanted = parseCheck(source.directives.check ?? "");
	const warnings = rules
		.filter((rule) => isOn(rule, wanted))
		.flatMap((rule) =>
			rule.check(source).map((finding) => ({ rule: rule.name, url: urlOf(rule.name), ...finding })),
		)
		.sort((a, b) => a.range.startLine - b.range.startLine);
	return { warnings, isError: wanted.isError && warnings.length > 0 };
}

interface Check {
	readonly skip: readonly string[];
	readonly experimental: readonly string[];
	readonly isError: boolean;
}

/** `skip=A,B;error=true;experimental=all`. */
function parseCheck(text: string): Check {
	const fields = new Map<string, string>();
	for (const field of text.split(";").filter((one) => one.trim() !== "")) {
		const [key = "", value] = field.split("=").map((part) => part.trim());
		if (!["skip", "error", "experimental"].includes(key) || value === undefined)
			throw new DockerfileError(
				`invalid check option ${JSON.stringify(field)}: it knows skip, error, experimental`,
				{
					range: { startLine: 1, endLine: 1 },
					word: field,
				},
			);
		fields.set(key, value);
	}
	const list = (key: string) => (fields.get(key) ?? "").split(",").map((name) => name.trim().toLowerCase());
	return { skip: list("skip"), experimental: list("experimental"), isError: fields.get("error") === "true" };
}

function isOn({ name, isExperimental }: Rule, { skip, experimental }: Check): boolean {
	const names = [name.toLowerCase(), "all"];
	if (isExperimental && !names.some((one) => experimental.includes(one))) return false;
	return !names.some((one) => skip.includes(one));
}

/** `JSONArgsRecommended` → `json-args-recommended`. */
function urlOf(rule: string): string {
	const slug = rule.replaceAll(/([a-z])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3-$2$4").toLowerCase();
	return `https://docs.docker.com/go/dockerfile/rule/${slug}/`;
}
