export interface AboutSubjects {
	readonly type: string;
	readonly predicate: unknown;
	readonly subject: readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];
}

/** An in-toto statement. https://github.com/in-toto/attestation/blob/main/spec/v0.1.0/statement.md */
export function statement({ type, predicate, subject }: AboutSubjects): Uint8Array {
	return Buffer.from(
		JSON.stringify({
			_type: "https://in-toto.io/Statement/v0.1",
			predicateType: type,
			subject,
			predicate,
		}),
	);
}
