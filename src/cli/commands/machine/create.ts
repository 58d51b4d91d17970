import { machineAnnotation, parseMemoryBytes, parseNanoCpus } from "../../../api/syntax.ts";
import { containerCreate } from "../../../client/index.ts";
import { defineCommand } from "../../flags/command.ts";

const defaultMemoryBytes = 512 * 2 ** 20;
/** systemd's request to power off. */
const powerOff = "SIGRTMIN+3";
const powerOffSeconds = 60;

export const command = defineCommand({
	usage: "[OPTIONS] IMAGE",
	description:
		"Makes a virtual machine whose init is the image's /sbin/init, with a disk that stays until the machine is removed. Leaves it off. Prints its id.",
	examples: [["machine create --name box --memory 1g debian", "a machine with 1 GiB of memory"]],
	flags: [
		{ kind: "text", name: "cpus", word: "decimal", parse: parseNanoCpus, help: "Number of CPUs, as 1.5" },
		{
			kind: "text",
			name: "disk",
			word: "bytes",
			completes: "none",
			help: "Most that its disk holds, as 20g",
		},
		{
			kind: "text",
			name: "memory",
			short: "m",
			word: "bytes",
			parse: parseMemoryBytes,
			default: "512m",
			help: "Most memory that its processes use",
		},
		{ kind: "text", name: "name", completes: "none", help: "Name of the machine" },
	],
	arguments: { min: 1, max: 1 },
	completes: ["image"],
	async run(context, { flags, arguments: [image] }) {
		const memoryBytes = typeof flags.memory === "number" ? flags.memory : defaultMemoryBytes;
		const request = {
			Image: image!,
			Entrypoint: ["/sbin/init"],
			Cmd: [],
			// systemd takes it for leave to log on the terminal.
			Env: ["container=hull"],
			User: "0",
			Tty: true,
			OpenStdin: true,
			StopSignal: powerOff,
			StopTimeout: powerOffSeconds,
			...(flags.name === undefined ? {} : { Hostname: flags.name }),
			HostConfig: {
				Isolation: "vm" as const,
				Annotations: { [machineAnnotation]: "true" },
				Privileged: true,
				Memory: memoryBytes,
				...(flags.cpus === undefined ? {} : { NanoCpus: flags.cpus }),
				...(flags.disk === undefined ? {} : { StorageOpt: { size: flags.disk } }),
			},
		};
		const { Id, Warnings } = await containerCreate(await context.engine(), request, { name: flags.name });
		for (const warning of Warnings ?? []) context.error(`WARNING: ${warning}\n`);
		context.out(`${Id}\n`);
	},
});
