import type { ContainerRecord } from "../record/record.ts";
import type { Linked } from "./linked.ts";

/** Variables of images that say nothing about a linked container. */
const ownVariables = ["HOME", "PATH"];

/** What Docker puts into the environment of a container that is linked to another: its name, ports and variables. */
export function linkEnvironment(record: Pick<ContainerRecord, "name">, linked: readonly Linked[]): string[] {
	return linked.flatMap(({ alias, address, record: { config } }) => {
		const prefix = alias.toUpperCase().replaceAll("-", "_");
		const ports = Object.keys(config.ExposedPorts ?? {})
			.sort(byNumber)
			.map(splitPort);
		const [first] = ports;
		return [
			`${prefix}_NAME=/${record.name}/${alias}`,
			...(first ? [`${prefix}_PORT=${first.protocol}://${address}:${first.number}`] : []),
			...ports.flatMap(({ number, protocol }) => {
				const name = `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
				return [
					`${name}=${protocol}://${address}:${number}`,
					`${name}_ADDR=${address}`,
					`${name}_PORT=${number}`,
					`${name}_PROTO=${protocol}`,
				];
			}),
			...(config.Env ?? [])
				.filter((entry) => entry.includes("=") && !ownVariables.includes(entry.slice(0, entry.indexOf("="))))
				.map((entry) => `${prefix}_ENV_${entry}`),
		];
	});
}

function byNumber(one: string, other: string): number {
	return Number.parseInt(one, 10) - Number.parseInt(other, 10);
}

function splitPort(port: string): { number: string; protocol: string } {
	const [number = "", protocol = "tcp"] = port.split("/");
	return { number, protocol };
}
