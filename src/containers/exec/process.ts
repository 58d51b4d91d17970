import type { Process } from "../../oci/index.ts";
import { buildExecProcess, buildSpec, resolveUser } from "../../runtime/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import { readAccounts } from "../files/accounts.ts";
import { hostnameOf } from "../files/network-files.ts";
import { prepareMounts } from "../lifecycle/prepare-mounts.ts";
import { specInput } from "../lifecycle/task-spec.ts";
import { linkEnvironment } from "../networking/link-environment.ts";
import { runningLinked } from "../networking/linked.ts";
import type { ExecRecord } from "./record.ts";

/** What is run in a container that runs, with the container's environment, user and limits around it. */
export async function execProcess(
	context: Context,
	container: Container,
	wanted: Pick<ExecRecord, "args" | "env" | "user" | "workingDir" | "tty" | "privileged" | "consoleSize">,
): Promise<Process> {
	const { config, hostConfig } = container.record;
	const user = wanted.user || config.User || "";
	const accounts = await readAccounts(context, container, { user });
	const [height, width] = wanted.consoleSize ?? [];
	return buildExecProcess({
		container: { process: await containerProcess(context, container) },
		args: wanted.args,
		hostname: hostnameOf(context, container.record),
		containerEnv: [
			...linkEnvironment(container.record, runningLinked(context, container.record)),
			...(config.Env ?? []),
		],
		env: wanted.env,
		workingDir: wanted.workingDir,
		user: resolveUser(user, accounts, hostConfig.GroupAdd),
		terminal: wanted.tty,
		...(height && width ? { consoleSize: { height, width } } : {}),
		privileged: wanted.privileged,
		host: context.host.spec,
	});
}

/** The container's own process: known when this daemon started it, else built again from the same record. */
async function containerProcess(context: Context, container: Container): Promise<Process> {
	const run = container.run!;
	if (run.process !== undefined) return run.process;
	const accounts = await readAccounts(context, container);
	const mounts = prepareMounts(container.record.mounts, context.volumes);
	run.process = buildSpec(specInput(context, withoutDevices(container), { mounts, accounts })).spec.process;
	return run.process;
}

/** They are in the container, and may be gone from the host. What CDI devices bring a process is the container's own. */
function withoutDevices({ record }: Container): Container["record"] {
	return { ...record, hostConfig: { ...record.hostConfig, Devices: [], DeviceRequests: [] } };
}
