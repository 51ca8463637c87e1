#!/usr/bin/env bash
# Compiles the examples of docs/mobile.md that want a compiler of their own, those that this machine has, and runs
# the Kotlin one against the built server. It names what it skips. (curl and JavaScript run in scripts/test.sh.)
. "$(dirname "$0")/lib.sh"
done_with=() skipped=()
has() { command -v "$1" >/dev/null; }

kotlin() { # compiled by Maven, which fetches the compiler and the libraries that the example names
  mvn -q -B -f tests/mobile/examples/kotlin/pom.xml compile
  build_server release binary
  npm_install tests
  scripts/test.sh --node tests/mobile/examples/kotlin.test.ts
}

dart_example() { # analysed, as an app's own build would
  local folder=build/examples/dart
  rm -rf $folder
  mkdir -p $folder/lib
  cp docs/examples/chat.dart $folder/lib/
  printf 'name: example\nenvironment: {sdk: ^3.0.0}\ndependencies: {http: ^1.2.0, socket_io_client: ^3.0.0}\n' >$folder/pubspec.yaml
  (cd $folder && dart pub get && dart analyze)
}

if has java && has mvn; then
  say 'Kotlin'
  kotlin
  done_with+=('Kotlin: compiled, run against the server')
else
  skipped+=('Kotlin: wants java and mvn')
fi
if has dart; then
  say 'Dart'
  dart_example
  done_with+=('Dart: analysed, not run')
else
  skipped+=('Dart: wants dart')
fi
if has swiftc; then
  say 'Swift'
  swiftc -parse docs/examples/Chat.swift
  done_with+=('Swift: its syntax only; the Socket.IO package builds in an Xcode project')
else
  skipped+=('Swift: wants swiftc')
fi
printf 'done     %s\n' "${done_with[@]}"
printf 'skipped  %s\n' "${skipped[@]}"
