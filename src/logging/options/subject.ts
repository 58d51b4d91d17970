import { compileTemplate, TemplateError } from "../../lib/template/compile.ts";
import { failedToInitialize, type LogOptions } from "./values.ts";

/** What drivers say about the container whose log it is. */
export interface LogSubject {
	readonly id: string;
	readonly name: string;
	readonly imageId: string;
	readonly imageName: string;
	readonly entrypoint: string;
	readonly args: readonly string[];
	/** RFC 3339. */
	readonly createdAt: string;
	readonly labels: Readonly<Record<string, string>>;
	/** `NAME=value` each. */
	readonly env: readonly string[];
}

/** Of a tag that is not given. */
const defaultTag = "{{.ID}}";
const shortId = 12;

export function commandLine({ entrypoint, args }: LogSubject): string {
	return [entrypoint, ...args].join(" ");
}

/**
 * Fills `--log-opt tag` in: https://docs.docker.com/engine/logging/log_tags/. Errors: `invalid_argument` as Docker
 * words them.
 */
export function tagOf(options: LogOptions, subject: LogSubject): string {
	try {
		return compileTemplate(options["tag"] || defaultTag)(templateData(options, subject));
	} catch (error) {
		if (!(error instanceof TemplateError)) throw error;
		throw failedToInitialize(
			error.message
				.replace("template: :", "template: log-tag:")
				.replace('executing ""', 'executing "log-tag"')
				.replace(/map has no entry for key "(.*)"$/, "can't evaluate field $1 in type *logger.Info"),
			error,
		);
	}
}

/** What Go's `logger.Info` has under these names. */
function templateData(options: LogOptions, subject: LogSubject): object {
	return {
		ID: subject.id.slice(0, shortId),
		FullID: subject.id,
		Name: subject.name,
		ImageID: subject.imageId.slice(0, shortId),
		ImageFullID: subject.imageId,
		ImageName: subject.imageName,
		Command: commandLine(subject),
		DaemonName: "hull",
		Config: options,
		ContainerID: subject.id,
		ContainerName: `/${subject.name}`,
		ContainerEntrypoint: subject.entrypoint,
		ContainerArgs: subject.args,
		ContainerImageID: subject.imageId,
		ContainerImageName: subject.imageName,
		ContainerCreated: subject.createdAt,
		ContainerEnv: subject.env,
		ContainerLabels: subject.labels,
	};
}

/** Labels and variables that `labels`, `labels-regex`, `env` and `env-regex` choose, sorted. */
export function chosenAttributes(options: LogOptions, subject: LogSubject): Record<string, string> {
	const found: [string, string][] = [];
	const labels = matcher(options["labels"], options["labels-regex"]);
	for (const [name, value] of Object.entries(subject.labels)) if (labels(name)) found.push([name, value]);
	const env = matcher(options["env"], options["env-regex"]);
	for (const entry of subject.env) {
		const equals = entry.indexOf("=");
		if (equals > 0 && env(entry.slice(0, equals)))
			found.push([entry.slice(0, equals), entry.slice(equals + 1)]);
	}
	return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function matcher(names: string | undefined, pattern: string | undefined): (name: string) => boolean {
	const exact = new Set((names ?? "").split(",").filter((name) => name !== ""));
	const regex = pattern === undefined || pattern === "" ? undefined : compile(pattern);
	return (name) => exact.has(name) || regex?.test(name) === true;
}

function compile(pattern: string): RegExp {
	try {
		return new RegExp(pattern);
	} catch (cause) {
		throw failedToInitialize(`error parsing regexp: ${(cause as Error).message}`, cause);
	}
}
