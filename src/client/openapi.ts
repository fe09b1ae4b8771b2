// Made from the OpenAPI document of the internal listener by `npm run client-types`: change src/http/openapi.ts, not this file.

export interface components {
    schemas: {
        SignRequest: {
            /** @description may be left out when the client has exactly one */
            profile?: string;
            /** @description claims beside those that the profile forces */
            claims?: Record<string, unknown>;
            /** @description for a payload profile: a JSON value, or a string that is signed as its exact UTF-8 bytes */
            payload?: unknown;
            /** @description for a payload profile: the bytes to sign, base64url without padding */
            payload_b64u?: string;
            /** @description life of the token in seconds */
            ttl?: number;
        };
        SignedToken: {
            /** @description the signed token, compact serialization, or detached: without its payload (RFC 7515) */
            token: string;
            kid: string;
            alg: string;
            /** @description unique to this token; absent where it has none, as iat and exp */
            jti?: string;
            /** @description NumericDate, seconds */
            iat?: number;
            /** @description NumericDate, seconds */
            exp?: number;
        };
        SignedJws: {
            /** @description where the preset asks for a JSON serialization: flattened or general */
            jws: Record<string, unknown>;
            kid: string;
            alg: string;
            /** @description unique to this token; absent where it has none, as iat and exp */
            jti?: string;
            /** @description NumericDate, seconds */
            iat?: number;
            /** @description NumericDate, seconds */
            exp?: number;
        };
        /** @description RFC 9457 */
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            /** @description id of the request, as in the log */
            instance: string;
            /** @description stable: ERR_… */
            code: string;
            field?: string;
            rule?: string;
            source?: string;
            /** @description what was sent, shortened and without secrets */
            sent?: string;
            hint?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
