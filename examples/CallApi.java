// Calls APIs with an access token that is obtained with a client assertion of jwksd. Java 17, standard library only.
// Usage: java CallApi.java https://api.example.com/Patient/1 ...     (environment: see README.md)

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class CallApi {
    static final Duration TIMEOUT = Duration.ofSeconds(10); // for each request
    static final int ATTEMPTS = 4;
    static final int LONGEST_WAIT = 30; // seconds: where Retry-After asks for more, give up
    static final Duration MARGIN = Duration.ofSeconds(30); // how long before its end an access token is replaced

    final HttpClient jwksd = HttpClient.newBuilder().connectTimeout(TIMEOUT).sslContext(trustOnly(Path.of(env("JWKSD_CA")))).build();
    final HttpClient open = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

    String accessToken;
    Instant renewAt = Instant.MIN;

    /** Any answer but 2xx. The body says why. */
    static class StatusException extends IOException {
        final HttpResponse<String> answer;

        StatusException(HttpResponse<String> answer) {
            super(answer.uri() + ": " + answer.statusCode() + " " + answer.body());
            this.answer = answer;
        }

        boolean mayPass() {
            return answer.statusCode() == 429 || answer.statusCode() == 503;
        }

        int retryAfter(int otherwise) {
            return answer.headers().firstValue("Retry-After").filter(text -> text.matches("\\d{1,6}")).map(Integer::valueOf).orElse(otherwise);
        }
    }

    CallApi() throws GeneralSecurityException, IOException {}

    /** Only this authority vouches for jwksd. */
    static SSLContext trustOnly(Path pem) throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream file = Files.newInputStream(pem)) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static String send(HttpClient client, HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = client.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) throw new StatusException(answer);
        return answer.body();
    }

    /** Repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final. */
    static String withRetry(Callable<String> action) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return action.call();
            } catch (StatusException error) {
                int wait = error.retryAfter(attempt);
                if (!error.mayPass() || attempt == ATTEMPTS || wait > LONGEST_WAIT) throw error;
                Thread.sleep(wait * 1000L);
            }
        }
    }

    /** The client assertion for the profile. */
    String sign() throws IOException, InterruptedException {
        // Read for each request: a mounted secret changes in place.
        String apiKey = Files.readString(Path.of(env("JWKSD_API_KEY_FILE"))).strip();
        return send(jwksd, HttpRequest.newBuilder(URI.create(env("JWKSD_SIGN_URL")))
            .header("Authorization", "Bearer " + apiKey)
            .header("Content-Type", "application/json")
            .header("Accept", "application/jwt")
            .POST(BodyPublishers.ofString("{\"profile\":\"" + env("JWKSD_PROFILE") + "\"}")));
    }

    /** RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one. */
    String requestAccessToken() throws IOException, InterruptedException {
        var form = Map.of(
            "grant_type", "client_credentials",
            "scope", env("SCOPE"),
            "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion", sign());
        String body = form.entrySet().stream()
            .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
        return send(open, HttpRequest.newBuilder(URI.create(env("TOKEN_ENDPOINT")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body)));
    }

    /** The access token, kept until shortly before its end. */
    synchronized String getAccessToken() throws Exception {
        if (!Instant.now().isBefore(renewAt)) {
            var askedAt = Instant.now();
            String answer = withRetry(this::requestAccessToken);
            accessToken = member(answer, "access_token", "\"([^\"]+)\"").orElseThrow(() -> new IOException("no access_token in the answer"));
            renewAt = askedAt.plusSeconds(member(answer, "expires_in", "(\\d+)").map(Long::valueOf).orElse(0L)).minus(MARGIN);
        }
        return accessToken;
    }

    /** Java has no JSON parser of its own: use the one that your program has. */
    static Optional<String> member(String json, String name, String value) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*" + value).matcher(json);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    static String env(String name) {
        String value = System.getenv(name);
        if (value == null) throw new IllegalArgumentException(name + " is not set");
        return value;
    }

    public static void main(String[] urls) {
        try {
            var program = new CallApi();
            for (String url : urls) {
                String token = program.getAccessToken();
                System.out.println(withRetry(() ->
                    send(program.open, HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token))));
            }
        } catch (Exception error) {
            System.err.println("error: " + error.getMessage());
            System.exit(1);
        }
    }
}
