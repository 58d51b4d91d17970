import type { AuthConfig } from "../../api/index.ts";
import type { RegistryAuth } from "../../images/index.ts";

/** A client's credentials as the registry room takes them. */
export function registryAuth(config: AuthConfig): RegistryAuth {
	const { username, password, identitytoken, registrytoken, serveraddress, auth } = config;
	const [user, secret] = auth && !username ? splitAuth(auth) : [username, password];
	return {
		...(user ? { username: user } : {}),
		...(secret ? { password: secret } : {}),
		...(identitytoken ? { identityToken: identitytoken } : {}),
		...(registrytoken ? { registryToken: registrytoken } : {}),
		...(serveraddress ? { serverAddress: serveraddress } : {}),
	};
}

/** base64 of `username:password`. */
function splitAuth(auth: string): [string, string] {
	const text = Buffer.from(auth, "base64").toString();
	const colon = text.indexOf(":");
	return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
