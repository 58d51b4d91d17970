import { type ContainerConfig, type HostConfig, machineAnnotation } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import { refuseForMachine } from "./machine-refusals.ts";

/**
 * Every option of a create request that is not served yet or never will be on Linux, refused by its name: none is
 * accepted and ignored. `isSet` sees the field's value and says whether the request asks for something.
 */
interface Refusal<Owner> {
	readonly field: keyof Owner & string;
	readonly isSet: (value: never) => boolean;
	readonly text: string;
}

const isTrue = (value: boolean) => value;
const isPositive = (value: number) => value > 0;

export const hostConfigRefusals: readonly Refusal<HostConfig>[] = [
	{
		field: "Cgroup",
		isSet: (value: string) => value !== "",
		text: "joining a control group is not supported",
	},
	{
		field: "VolumeDriver",
		isSet: (value: string) => value !== "" && value !== "local",
		text: "volume drivers other than local are not supported",
	},
	{ field: "CpuCount", isSet: isPositive, text: "an option of Windows containers" },
	{ field: "CpuPercent", isSet: isPositive, text: "an option of Windows containers" },
	{ field: "IOMaximumIOps", isSet: isPositive, text: "an option of Windows containers" },
	{ field: "IOMaximumBandwidth", isSet: isPositive, text: "an option of Windows containers" },
];

const configRefusals: readonly Refusal<ContainerConfig>[] = [
	{ field: "ArgsEscaped", isSet: isTrue, text: "an option of Windows containers" },
];

/** Throws `invalid_argument` naming the first field that is asked for and not served. */
export function refuseUnsupported(config: ContainerConfig, hostConfig: HostConfig): void {
	refuse("Config", config, configRefusals);
	refuse("HostConfig", hostConfig, hostConfigRefusals);
	refuseIsolation(hostConfig.Isolation ?? "");
	refuseMachine(hostConfig);
	if (hostConfig.Isolation === "vm") refuseForMachine(hostConfig);
}

function refuse<Owner>(name: string, owner: Owner, refusals: readonly Refusal<Owner>[]): void {
	for (const { field, isSet, text } of refusals) {
		const value = owner[field];
		if (value === undefined || !isSet(value as never)) continue;
		throw new EngineError("invalid_argument", `${name}.${field}: ${text}`);
	}
}

function refuseMachine({ Annotations: annotations, Isolation: isolation, Init: init }: HostConfig): void {
	const value = annotations?.[machineAnnotation];
	if (value === undefined) return;
	const refused = (text: string) =>
		new EngineError("invalid_argument", `HostConfig.Annotations: ${machineAnnotation}: ${text}`);
	if (value !== "true") throw refused(`${JSON.stringify(value)} is not true`);
	if (isolation !== "vm") throw refused("only isolation vm can be a whole machine");
	if (init) throw refused("a whole machine has an init of its own (HostConfig.Init)");
}

function refuseIsolation(isolation: string): void {
	switch (isolation) {
		case "":
		case "default":
		case "process":
		case "vm":
			return;
		default:
			throw new EngineError(
				"invalid_argument",
				`Invalid isolation: "${isolation}" is none of default, process, vm`,
			);
	}
}
