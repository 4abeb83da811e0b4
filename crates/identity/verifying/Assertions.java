// Checks the gateway's assertion (Yimen-Assertion) with Nimbus JOSE + JWT (com.nimbusds:nimbus-jose-jwt 10).

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;

import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What one service accepts from its gateway. Keep one for the life of the process. */
public final class Assertions {
    private static final int LEEWAY_SECONDS = 10;
    // Methods that change nothing (RFC 9110, 9.2.1): with these, the gateway may send one assertion for a few seconds.
    private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    private final Map<String, Long> seen = new ConcurrentHashMap<>();

    public Assertions(String gateway, String audience) throws Exception {
        // Fetches the keys once, and again for one that it doesn't know.
        var keys = JWKSourceBuilder.create(URI.create(gateway + "/.well-known/jwks.json").toURL()).build();
        // Ed25519 needs Google's Tink beside Nimbus; SM2 isn't known to it.
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("yimen-assertion+jwt")));
        var expected = new JWTClaimsSet.Builder().issuer(gateway).build();
        var claims = new DefaultJWTClaimsVerifier<SecurityContext>(
                audience, expected, Set.of("iss", "aud", "iat", "exp", "jti", "htm", "htp"));
        claims.setMaxClockSkew(LEEWAY_SECONDS);
        processor.setJWTClaimsSetVerifier(claims);
    }

    /** The claims, if the assertion vouches for this call; {@code path} is as it came, without the query. */
    public JWTClaimsSet verify(String assertion, String method, String path) throws Exception {
        JWTClaimsSet claims = processor.process(assertion, null);
        if (!method.equals(claims.getStringClaim("htm")) || !path.equals(claims.getStringClaim("htp"))) {
            throw new BadJWTException("made for another call");
        }
        if (!SAFE.contains(method)) {
            remember(claims);
        }
        return claims;
    }

    private void remember(JWTClaimsSet claims) throws BadJOSEException {
        long now = System.currentTimeMillis();
        seen.values().removeIf(end -> end <= now);
        long end = claims.getExpirationTime().getTime() + LEEWAY_SECONDS * 1000L;
        if (seen.putIfAbsent(claims.getJWTID(), end) != null) {
            throw new BadJWTException("seen before");
        }
    }
}
