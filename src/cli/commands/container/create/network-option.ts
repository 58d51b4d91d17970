/** One `--network` value: a name, or `name=NET,alias=A,ip=…` with settings of its own. */
export interface NetworkOption {
	readonly target: string;
	readonly aliases: readonly string[];
	readonly ip?: string;
	readonly ip6?: string;
	readonly linkLocalIps: readonly string[];
	readonly macAddress?: string;
	readonly driverOptions: Readonly<Record<string, string>>;
	readonly gatewayPriority?: number;
}

export function parseNetworkOption(text: string): NetworkOption {
	if (!/^[\w-]+=[^,=]/.test(text)) return { target: text, aliases: [], linkLocalIps: [], driverOptions: {} };
	const option = {
		target: "",
		aliases: [] as string[],
		linkLocalIps: [] as string[],
		driverOptions: {} as Record<string, string>,
		ip: undefined as string | undefined,
		ip6: undefined as string | undefined,
		macAddress: undefined as string | undefined,
		gatewayPriority: undefined as number | undefined,
	};
	const apply: Record<string, (value: string) => void> = {
		name: (value) => {
			option.target = value;
		},
		alias: (value) => option.aliases.push(value.toLowerCase()),
		ip: (value) => {
			option.ip = value;
		},
		ip6: (value) => {
			option.ip6 = value;
		},
		"link-local-ip": (value) => option.linkLocalIps.push(value),
		"mac-address": (value) => {
			option.macAddress = value;
		},
		"driver-opt": (value) => {
			const equals = value.indexOf("=");
			if (equals < 0) throw new Error("invalid key/value pair format in driver options");
			option.driverOptions[value.slice(0, equals).trim().toLowerCase()] = value.slice(equals + 1).trim();
		},
		"gw-priority": (value) => {
			if (!/^[+-]?\d+$/.test(value)) throw new Error(`invalid gw-priority (${value}): invalid syntax`);
			option.gatewayPriority = Number(value);
		},
	};
	for (const field of text.split(",")) {
		const equals = field.indexOf("=");
		if (equals < 0) throw new Error(`invalid field ${field}`);
		const key = field.slice(0, equals).trim().toLowerCase();
		if (!Object.hasOwn(apply, key)) throw new Error(`invalid field key ${key}`);
		apply[key]!(field.slice(equals + 1).trim());
	}
	if (option.target === "") throw new Error("network name/id is not specified");
	return option;
}
