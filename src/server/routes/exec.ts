/** Exec: further processes in running containers. */
import * as api from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { AttachedStreams, ContainerBackend } from "../backends.ts";
import { empty, json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { windowSize } from "./containers.ts";

export function execRoutes(containers: ContainerBackend): Route[] {
	return [
		route(api.containerExec, async ({ params, body }) => {
			if (body.Cmd === undefined || body.Cmd.length === 0)
				throw new EngineError("invalid_argument", "No exec command specified");
			return json(await containers.execCreate(params["id"]!, body), 201);
		}),
		route(api.execStart, async ({ params, body }) => {
			const request = {
				detach: body.Detach ?? false,
				tty: body.Tty ?? false,
				consoleSize: consoleSizeOf(body.ConsoleSize),
			};
			const streams = await startExec(containers, params["id"]!, request);
			return streams === undefined ? empty(200) : { kind: "hijack", streams };
		}),
		route(api.execResize, async ({ params, query }) => {
			await containers.execResize(params["id"]!, windowSize(query));
			return empty(200);
		}),
		route(api.execInspect, async ({ params }) => json(await containers.execInspect(params["id"]!))),
	];
}

interface ExecStartOptions {
	readonly detach: boolean;
	readonly tty: boolean;
	readonly consoleSize?: readonly [number, number];
}

/**
 * A process that cannot be started is no failed request: Docker has taken the connection over by then and writes the
 * error where the process's output would be. Its client shows that, and takes the exit code from an inspect.
 */
async function startExec(
	containers: ContainerBackend,
	id: string,
	options: ExecStartOptions,
): Promise<AttachedStreams | undefined> {
	try {
		return await containers.execStart(id, options);
	} catch (error) {
		if (options.detach || !isStartFailure(error)) throw error;
		return { output: sayError(`${(error as Error).message}\r\n`), tty: options.tty, close: () => {} };
	}
}

function isStartFailure(error: unknown): boolean {
	return (
		isEngineError(error, "command_not_found") ||
		isEngineError(error, "command_not_executable") ||
		isEngineError(error, "runtime_failed")
	);
}

async function* sayError(text: string): AsyncGenerator<{ stream: "stdout"; data: Uint8Array }> {
	yield { stream: "stdout", data: Buffer.from(text) };
}

function consoleSizeOf(size: readonly number[] | undefined): readonly [number, number] | undefined {
	if (size === undefined || size.length === 0) return undefined;
	const [height, width, ...rest] = size;
	if (height === undefined || width === undefined || rest.length > 0)
		throw new EngineError("invalid_argument", "invalid JSON: ConsoleSize: expected height and width");
	return height === 0 && width === 0 ? undefined : [height, width];
}
