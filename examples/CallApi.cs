// Calls APIs with an access token that is obtained with a client assertion of jwksd. .NET, standard library only.
// Usage: CallApi https://api.example.com/Patient/1 ...     (how to build it, and the environment: see README.md)

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

/// <summary>Any answer but 2xx. The body says why.</summary>
class StatusException : Exception
{
    public readonly int Status;
    public readonly TimeSpan? RetryAfter;

    public StatusException(HttpResponseMessage answer, string body)
        : base($"{answer.RequestMessage.RequestUri}: {(int)answer.StatusCode} {body}")
    {
        Status = (int)answer.StatusCode;
        RetryAfter = answer.Headers.RetryAfter?.Delta;
    }
}

[DataContract]
class TokenAnswer
{
    [DataMember(Name = "access_token", IsRequired = true)] public string AccessToken;
    [DataMember(Name = "expires_in")] public int ExpiresIn;
}

class CallApi
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10); // for each request
    const int Attempts = 4;
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30); // where Retry-After asks for more, give up
    static readonly TimeSpan Margin = TimeSpan.FromSeconds(30); // how long before its end an access token is replaced

    readonly HttpClient jwksd = new HttpClient(TrustOnly(new X509Certificate2(Env("JWKSD_CA")))) { Timeout = Timeout };
    readonly HttpClient open = new HttpClient { Timeout = Timeout };

    readonly SemaphoreSlim gate = new SemaphoreSlim(1);
    string accessToken;
    DateTime renewAt;

    /// <summary>Only this authority vouches for jwksd.</summary>
    static HttpClientHandler TrustOnly(X509Certificate2 authority) => new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = (request, certificate, sent, errors) =>
        {
            if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0) return false; // another name, or no certificate
            using (var chain = new X509Chain())
            {
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore); // intermediate certificates
                chain.ChainPolicy.ExtraStore.Add(authority);
                chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority; // and compare it
                return chain.Build(certificate) &&
                    chain.ChainElements.Cast<X509ChainElement>().Last().Certificate.RawData.SequenceEqual(authority.RawData);
            }
        }
    };

    static async Task<string> Send(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        using (var answer = await client.SendAsync(request))
        {
            var body = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode ? body : throw new StatusException(answer, body);
        }
    }

    /// <summary>Repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final.</summary>
    static async Task<string> WithRetry(Func<Task<string>> action)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                return await action();
            }
            catch (StatusException error) when ((error.Status == 429 || error.Status == 503) && attempt < Attempts)
            {
                wait = error.RetryAfter ?? TimeSpan.FromSeconds(attempt);
                if (wait > LongestWait) throw;
            }
            await Task.Delay(wait);
        }
    }

    /// <summary>The client assertion for the profile.</summary>
    Task<string> Sign()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Env("JWKSD_SIGN_URL"))
        {
            Content = new StringContent($"{{\"profile\":\"{Env("JWKSD_PROFILE")}\"}}", Encoding.UTF8, "application/json")
        };
        // Read for each request: a mounted secret changes in place.
        var apiKey = File.ReadAllText(Env("JWKSD_API_KEY_FILE")).Trim();
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        request.Headers.Accept.ParseAdd("application/jwt");
        return Send(jwksd, request);
    }

    /// <summary>RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one.</summary>
    async Task<string> RequestAccessToken()
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["scope"] = Env("SCOPE"),
            ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ["client_assertion"] = await Sign()
        };
        return await Send(open, new HttpRequestMessage(HttpMethod.Post, Env("TOKEN_ENDPOINT")) { Content = new FormUrlEncodedContent(form) });
    }

    /// <summary>The access token, kept until shortly before its end.</summary>
    async Task<string> GetAccessToken()
    {
        await gate.WaitAsync();
        try
        {
            if (DateTime.UtcNow < renewAt) return accessToken;
            var askedAt = DateTime.UtcNow;
            var json = await WithRetry(RequestAccessToken);
            var answer = (TokenAnswer)new DataContractJsonSerializer(typeof(TokenAnswer)).ReadObject(new MemoryStream(Encoding.UTF8.GetBytes(json)));
            renewAt = askedAt + TimeSpan.FromSeconds(answer.ExpiresIn) - Margin;
            return accessToken = answer.AccessToken;
        }
        finally
        {
            gate.Release();
        }
    }

    Task<string> Get(string url, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return Send(open, request);
    }

    static string Env(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException($"{name} is not set");

    static async Task Run(string[] urls)
    {
        var program = new CallApi();
        foreach (var url in urls)
        {
            var token = await program.GetAccessToken();
            Console.WriteLine(await WithRetry(() => program.Get(url, token)));
        }
    }

    static int Main(string[] urls)
    {
        try
        {
            Run(urls).GetAwaiter().GetResult();
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error is TaskCanceledException ? "error: no answer in time" : $"error: {error.GetBaseException().Message}");
            return 1;
        }
    }
}
