import { randomBytes } from "node:crypto";
import type { ExecCreateRequest, IDResponse } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { publish } from "../publish.ts";
import { parseDetachKeys } from "../streams/detach-keys.ts";
import { forgetExec } from "./find.ts";
import type { ExecRecord } from "./record.ts";

/** Ended execs can be inspected for this long. */
const keptMs = 5 * 60_000;

/** Notes a process to be started in a running container. Errors: `conflict` with Docker's texts. */
export function createExec(context: Context, reference: string, request: ExecCreateRequest): IDResponse {
	const container = context.registry.get(reference);
	assertCanExec(container, reference);
	if ((request.Cmd?.length ?? 0) === 0)
		throw new EngineError("invalid_argument", "No exec command specified");
	parseDetachKeys(request.DetachKeys ?? "");
	forgetOld(context, container);
	const [height, width] = request.ConsoleSize ?? [];
	const record: ExecRecord = {
		id: randomBytes(32).toString("hex"),
		containerId: container.id,
		args: request.Cmd!,
		env: request.Env ?? [],
		user: request.User ?? "",
		workingDir: request.WorkingDir ?? "",
		privileged: request.Privileged === true,
		tty: request.Tty === true,
		attachStdin: request.AttachStdin === true,
		attachStdout: request.AttachStdout === true,
		attachStderr: request.AttachStderr === true,
		detachKeys: request.DetachKeys ?? "",
		...(height && width ? { consoleSize: [height, width] } : {}),
		state: { status: "created" },
	};
	context.execDocuments.put(record.id, record);
	container.execs.set(record.id, { record, exec: undefined });
	context.execOwners.set(record.id, container);
	publish(context, container, {
		action: `exec_create: ${execText(record)}`,
		attributes: { execID: record.id },
	});
	return { Id: record.id };
}

/** Docker's words for why there is no exec in this container. */
export function assertCanExec(container: Container, reference: string): void {
	const { status } = container.record.state;
	if (status === "paused")
		throw new EngineError("conflict", `Container ${reference} is paused, unpause the container before exec`);
	if (status === "restarting")
		throw new EngineError(
			"conflict",
			`Container ${container.id} is restarting, wait until the container is running`,
		);
	if (container.run === undefined)
		throw new EngineError("conflict", `container ${container.id} is not running`);
}

/** As Docker writes it: program, a blank, the arguments. */
export function execText({ args }: ExecRecord): string {
	const [program = "", ...rest] = args;
	return `${program} ${rest.join(" ")}`;
}

function forgetOld(context: Context, container: Container): void {
	const limit = Date.now() - keptMs;
	for (const { record } of [...container.execs.values()]) {
		if (record.state.status === "exited" && record.state.endedAtMs < limit)
			forgetExec(context, container, record.id);
	}
}
