// CloudFront runs this function before it sends a request to a backend, which knows no prefix.
function handler(event) {
  const request = event.request;
  request.uri = request.uri.replace(/^\/api\/[^/]+/, "");
  return request;
}
