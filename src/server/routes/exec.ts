/** Exec: further processes in running containers. */
import * as api from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { ContainerBackend } from "../backends.ts";
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
			const open = await containers.execStart(params["id"]!, request);
			if (!request.detach) return { kind: "hijack", tty: request.tty, open };
			await open();
			return empty(200);
		}),
		route(api.execResize, async ({ params, query }) => {
			await containers.execResize(params["id"]!, windowSize(query));
			return empty(200);
		}),
		route(api.execInspect, async ({ params }) => json(await containers.execInspect(params["id"]!))),
	];
}

function consoleSizeOf(size: readonly number[] | undefined): readonly [number, number] | undefined {
	if (size === undefined || size.length === 0) return undefined;
	const [height, width, ...rest] = size;
	if (height === undefined || width === undefined || rest.length > 0)
		throw new EngineError("invalid_argument", "invalid JSON: ConsoleSize: expected height and width");
	return height === 0 && width === 0 ? undefined : [height, width];
}
