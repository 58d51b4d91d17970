/** What clients serve on their session: files, credentials, secrets, agents, uploads. */
import { bytes, field, int64, integer, map, message, nested, string, uint32 } from "../wire/message.ts";

/** fsutil's description of a file. `mode` is Go's os.FileMode; times are nanoseconds since 1970. */
export const Stat = message({
	path: field(1, string),
	mode: field(2, uint32),
	uid: field(3, uint32),
	gid: field(4, uint32),
	sizeBytes: field(5, integer),
	modifiedNanos: field(6, int64),
	linkName: field(7, string),
	deviceMajor: field(8, integer),
	deviceMinor: field(9, integer),
	xattrs: field(10, map(bytes)),
});
export const Packet = message({
	type: field(1, uint32),
	stat: field(2, nested(Stat)),
	id: field(3, uint32),
	data: field(4, bytes),
});
export const packetType = { stat: 0, request: 1, data: 2, end: 3, error: 4 } as const;

export const CredentialsRequest = message({ host: field(1, string) });
export const CredentialsResponse = message({ username: field(1, string), secret: field(2, string) });

export const GetSecretRequest = message({ id: field(1, string), annotations: field(2, map(string)) });
export const GetSecretResponse = message({ data: field(1, bytes) });

export const CheckAgentRequest = message({ id: field(1, string) });

export const HealthResponse = message({ status: field(1, uint32) });
