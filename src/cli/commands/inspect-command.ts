import type { Engine } from "../../client/index.ts";
import type { CommandContext } from "../context.ts";
import { errorText } from "../failure.ts";
import { type Command, defineCommand } from "../flags/command.ts";
import type { Completion } from "../flags/flag.ts";
import { indentJson } from "../format/indent-json.ts";
import { unescapeFormat } from "../format/print-list.ts";

/** Gives the engine's document of one object, as text. */
export type InspectOne = (engine: Engine, name: string) => Promise<string>;

/**
 * Prints documents as one JSON list, or each one through a Go template. Objects that are not there are reported after
 * the others and make the exit code 1.
 */
export async function printInspected(
	context: CommandContext,
	names: readonly string[],
	options: { inspect: InspectOne; format: string | undefined },
): Promise<number> {
	const engine = await context.engine();
	const results = await Promise.all(
		names.map((name) =>
			options.inspect(engine, name).then(
				(text) => ({ text }),
				(error: unknown) => ({ error }),
			),
		),
	);
	const documents = results.flatMap((result) => ("text" in result ? [result.text] : []));
	const errors = results.flatMap((result) => ("error" in result ? [result.error] : []));
	const hopeless = errors.find((error) => (error as Error).name !== "ResponseError");
	if (hopeless !== undefined && documents.length === 0 && !isMissingText(hopeless)) throw hopeless;
	context.out(await formatDocuments(documents, options.format));
	for (const error of errors) context.error(`${inspectErrorText(error)}\n`);
	return errors.length > 0 ? 1 : 0;
}

function isMissingText(error: unknown): boolean {
	return (error as { code?: unknown }).code === "not_found";
}

function inspectErrorText(error: unknown): string {
	return (error as Error).name === "ResponseError" ? errorText(error) : `Error: ${errorText(error)}`;
}

async function formatDocuments(documents: readonly string[], format: string | undefined): Promise<string> {
	if (format === undefined || format === "")
		return `${documents.length === 0 ? "[]" : indentJson(`[${documents.join(",")}]`)}\n`;
	if (format === "json") return documents.map((text) => `${text.trim()}\n`).join("");
	const { templateFor } = await import("../format/template/fill.ts");
	const template = templateFor(unescapeFormat(format), () => "template parsing error");
	return documents.map((text) => `${template(JSON.parse(text))}\n`).join("");
}

/** An `inspect` for one kind of object. */
export function inspectCommand(options: {
	usage: string;
	completes: Completion;
	inspect: InspectOne;
}): Command {
	return defineCommand({
		usage: options.usage,
		flags: [{ kind: "text", name: "format", short: "f", completes: "none", help: "json, or a Go template" }],
		arguments: { min: 1 },
		completes: [options.completes],
		run: (context, { flags, arguments: names }) =>
			printInspected(context, names, { inspect: options.inspect, format: flags.format }),
	});
}
