import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { containerCreate, type Engine, type ResponseError } from "../../../../client/index.ts";
import type { CommandContext } from "../../../context.ts";
import { CommandFailure, errorText } from "../../../failure.ts";
import { currentSize } from "../../../streams/resize.ts";
import type { CreateInput } from "./input.ts";
import { createRequest } from "./request.ts";

const pullPolicies = ["always", "missing", "never"];

/** What can be refused before anything is done. */
export function assertCreatable({ flags }: CreateInput): void {
	if (flags.pull !== undefined && !pullPolicies.includes(flags.pull))
		throw new CommandFailure(
			`invalid pull option: '${flags.pull}': must be one of "always", "missing" or "never"`,
			{ exitCode: 125, pointsToHelp: true },
		);
}

/**
 * Creates the container, pulling the image first if need be, and writes its id to `--cidfile`. Warnings of the engine
 * go to stderr.
 */
export async function createContainer(
	context: CommandContext,
	input: CreateInput,
	{ detach }: { detach: boolean },
): Promise<{ id: string }> {
	const { flags } = input;
	const request = mapFlags(input, detach);
	assertNoIdFile(flags.cidfile);
	if (flags.tty) {
		const size = await currentSize();
		if (size !== undefined) request.HostConfig = { ...request.HostConfig, ConsoleSize: [size.h, size.w] };
	}
	const engine = await context.engine();
	if (flags.pull === "always") await pullFor(context, engine, input);
	const query = { name: flags.name, platform: flags.platform };
	const create = () => containerCreate(engine, request, query);
	const answer = await create().catch(async (error: unknown) => {
		const mayPull = flags.pull === undefined || flags.pull === "missing";
		if (!mayPull || !isMissingImage(error)) throw error;
		const { displayName } = await import("../../../format/image-name.ts");
		if (!flags.quiet) context.error(`Unable to find image '${displayName(input.arguments[0]!)}' locally\n`);
		await pullFor(context, engine, input);
		return create();
	});
	for (const warning of answer.Warnings ?? []) context.error(`WARNING: ${warning}\n`);
	if (flags.cidfile !== undefined) writeFileSync(flags.cidfile, answer.Id!);
	return { id: answer.Id! };
}

function mapFlags(input: CreateInput, detach: boolean) {
	const folder = { cwd: process.cwd(), lookup: (name: string) => process.env[name], readFile };
	try {
		return createRequest(input, folder, { detach });
	} catch (error) {
		throw new CommandFailure((error as Error).message, { exitCode: 125, pointsToHelp: true, cause: error });
	}
}

function readFile(path: string): Uint8Array {
	try {
		return readFileSync(path);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		const reasons: Record<string, string> = {
			ENOENT: "no such file or directory",
			EACCES: "permission denied",
			EISDIR: "is a directory",
		};
		throw new Error(`open ${path}: ${reasons[code ?? ""] ?? code}`, { cause: error });
	}
}

function assertNoIdFile(path: string | undefined): void {
	if (path === undefined || !existsSync(path)) return;
	throw new CommandFailure(
		`container ID file found, make sure the other container isn't running or delete ${path}`,
		{ exitCode: 125 },
	);
}

function isMissingImage(error: unknown): boolean {
	return error instanceof Error && error.name === "ResponseError" && (error as ResponseError).status === 404;
}

async function pullFor(context: CommandContext, engine: Engine, { flags, arguments: words }: CreateInput) {
	const { pullImage } = await import("../../image/pull-image.ts");
	await pullImage(context, engine, {
		reference: words[0]!,
		platform: flags.platform,
		quiet: flags.quiet,
		fd: 2,
	});
}

/** The failure of a command that makes containers: code 125, with the way to its help. */
export function createFailure(error: unknown): unknown {
	if (error instanceof CommandFailure || !(error instanceof Error)) return error;
	if ((error as { code?: unknown }).code === undefined) return error;
	return new CommandFailure(errorText(error), { exitCode: 125, pointsToHelp: true, cause: error });
}

/** Forgets the id file of a container that could not be started. */
export function removeIdFile(path: string | undefined): void {
	if (path !== undefined) rmSync(path, { force: true });
}
