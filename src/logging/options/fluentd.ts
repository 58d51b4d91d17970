import { parseMemoryBytes } from "../../api/syntax.ts";
import type { Address } from "../ship/order.ts";
import type { Destination } from "./destination.ts";
import {
	assertKnown,
	invalid,
	type LogOptions,
	parseBool,
	parseInteger,
	parseMilliseconds,
	parseUnsigned,
	readOption,
} from "./values.ts";

export const fluentdOptions = [
	"fluentd-address",
	"fluentd-async",
	"fluentd-async-connect",
	"fluentd-buffer-limit",
	"fluentd-max-retries",
	"fluentd-request-ack",
	"fluentd-retry-wait",
	"fluentd-sub-second-precision",
];

const defaultPort = 24224;
/** As fluentd's own library lengthens the wait. */
const retryFactor = 1.5;

/** `--log-driver fluentd`: https://docs.docker.com/engine/logging/drivers/fluentd/ */
export function fluentdDestination(options: LogOptions, known: readonly string[]): Destination {
	assertKnown(
		options,
		new Set([...fluentdOptions, ...known]),
		(name) => `unknown log opt '${name}' for fluentd log driver`,
	);
	const address = addressOf(options["fluentd-address"] ?? "");
	const bool = (name: string) => readOption(options[name], parseBool, invalid) ?? false;
	if (options["fluentd-async"] !== undefined && options["fluentd-async-connect"] !== undefined)
		throw invalid("conflicting options: cannot specify both 'fluentd-async' and 'fluentd-async-connect");
	const async = bool("fluentd-async") || bool("fluentd-async-connect");
	if (bool("fluentd-request-ack")) throw invalid("log opt 'fluentd-request-ack=true' is not supported yet");
	const limit = readOption(options["fluentd-buffer-limit"], parseMemoryBytes, invalid);
	const attempts = readOption(options["fluentd-max-retries"], parseUnsigned, invalid);
	const waitMs = readOption(options["fluentd-retry-wait"], parseMilliseconds, invalid) ?? 1000;
	return {
		address,
		wire: { driver: "fluentd", subSecond: bool("fluentd-sub-second-precision") },
		retry: {
			firstMs: Math.max(waitMs, 100),
			factor: retryFactor,
			...(attempts === undefined ? {} : { attempts }),
		},
		...(limit === undefined ? {} : { maxLagBytes: limit }),
		...(async ? { startsWithoutServer: true } : {}),
	};
}

function addressOf(text: string): Address {
	const wrong = (reason: string) => invalid(`invalid fluentd-address ${text}: ${reason}`);
	if (text.startsWith("unix://")) return { kind: "unix", path: text.slice("unix://".length) };
	if (/^tls:\/\//.test(text)) throw wrong("tls is not supported yet");
	const rest = text.replace(/^tcp:\/\//, "");
	const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(.*))?$/.exec(rest);
	if (match === null) throw wrong(`address ${rest}: too many colons in address`);
	const port = readOption(match[3] || undefined, parseInteger, wrong) ?? defaultPort;
	if (port < 1 || port > 65535) throw wrong("invalid port");
	return { kind: "tcp", host: match[1] || match[2] || "localhost", port };
}
