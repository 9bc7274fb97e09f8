# The plugin alone, for `registry: docker`: a static binary, no shell, not root.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG VERSION=v0.0.0 TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go run ./test/release binary "$VERSION" "$TARGETOS/$TARGETARCH" /cq-source-clari

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /cq-source-clari /cq-source-clari
COPY NOTICE /NOTICE
EXPOSE 7777
ENTRYPOINT ["/cq-source-clari"]
CMD ["serve", "--address", "[::]:7777", "--log-format", "json", "--log-level", "info"]
