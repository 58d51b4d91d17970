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

/** `containerd.services.content.v1.Content` (containerd, api/services/content/v1/content.proto): folders of caches. */
export const ContentInfoRequest = message({ digest: field(1, string) });
const ContentInfo = message({ digest: field(1, string), sizeBytes: field(2, integer) });
export const ContentInfoResponse = message({ info: field(1, nested(ContentInfo)) });
export const ReadContentRequest = message({
	digest: field(1, string),
	offset: field(2, integer),
	sizeBytes: field(3, integer),
});
export const ReadContentResponse = message({ offset: field(1, integer), data: field(2, bytes) });
export const contentAction = { stat: 0, write: 1, commit: 2 } as const;
export const WriteContentRequest = message({
	action: field(1, uint32),
	ref: field(2, string),
	totalBytes: field(3, integer),
	expected: field(4, string),
	offset: field(5, integer),
	data: field(6, bytes),
});
export const WriteContentResponse = message({
	action: field(1, uint32),
	offset: field(4, integer),
	totalBytes: field(5, integer),
	digest: field(6, string),
});

export const HealthResponse = message({ status: field(1, uint32) });
