// Runs in CloudFront before a request goes to a backend, which knows no prefix.
function handler(event) {
  const request = event.request;
  request.uri = request.uri.replace(/^\/api\/[^/]+/, "");
  return request;
}
