// .package(url: "https://github.com/socketio/socket.io-client-swift", from: "16.1.0")
import Foundation
import SocketIO

struct ChatMessage: Decodable {
    let id: Int? // nil: the greeting of the day
    let message: String
    let photo_url: String?
    let direction: String // "user" or "support"
    let created_at: String // UTC
}

struct ChatRefused: Error {
    let error: String, code: String
    let again: Bool, after: TimeInterval
}

/// The support chat of one user. `onMessage` gets every message once, whichever way it came: by the history, live, or
/// after a lost connection.
@MainActor
final class Chat {
    private let desk: URL, appKey: String, userId: String
    private let onMessage: (ChatMessage) -> Void
    private let manager: SocketManager
    private var known = Set<Int>()

    init(desk: URL, appKey: String, userId: String, onMessage: @escaping (ChatMessage) -> Void, onError: @escaping (Any) -> Void = { _ in }) {
        self.desk = desk
        self.appKey = appKey
        self.userId = userId
        self.onMessage = onMessage
        manager = SocketManager(socketURL: desk, config: [.reconnectWait(1), .reconnectWaitMax(10)])
        let socket = manager.defaultSocket
        // At the first connection and at each one after a loss: what was missed comes again (0: all of it).
        socket.on(clientEvent: .connect) { [weak self] _, _ in self?.join() }
        socket.on("new_message") { [weak self] data, _ in
            guard let json = try? JSONSerialization.data(withJSONObject: data[0]) else { return }
            if let message = try? JSONDecoder().decode(ChatMessage.self, from: json) { self?.take(message) }
        }
        socket.on("error") { data, _ in onError(data[0]) }
    }

    /// Shows the newest messages, and whatever comes from then on.
    func open(userName: String) async throws {
        let newest = try await page(URLQueryItem(name: "user_name", value: userName))
        newest.forEach(take)
        manager.defaultSocket.connect(withPayload: ["app_key": appKey]) // signed user ids: "user_hash"
    }

    /// For scrolling up: the messages before the one with this id.
    func older(than id: Int) async throws -> [ChatMessage] {
        try await page(URLQueryItem(name: "before", value: String(id)))
    }

    /// Its id. The same `clientId` is the same message, so it may leave twice and is stored once.
    func send(_ text: String, photos: [Data] = [], clientId: String = UUID().uuidString) async throws -> Int {
        struct Sent: Decodable { let message_id: Int }
        let boundary = UUID().uuidString
        var form = Data()
        for (name, value) in ["user_id": userId, "message": text, "client_id": clientId] {
            form.append(Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8))
        }
        for photo in photos {
            form.append(Data("--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo.jpg\"\r\n\r\n".utf8))
            form.append(photo)
            form.append(Data("\r\n".utf8))
        }
        form.append(Data("--\(boundary)--\r\n".utf8))
        let answer = try await patiently { try await self.post("send_message", form, type: "multipart/form-data; boundary=\(boundary)") }
        return try JSONDecoder().decode(Sent.self, from: answer).message_id
    }

    /// All that was shown has been seen: the operator's panel says so. By HTTP, since the socket drops what is said while
    /// it is not connected.
    func read() async throws {
        guard let last = known.max() else { return }
        _ = try await post("mark_read", ["user_id": userId, "message_id": last])
    }

    /// With every start of the app, and in messaging(_:didReceiveRegistrationToken:).
    func registerDevice(fcmToken: String, deviceId: String) async throws {
        _ = try await post("register_device", ["user_id": userId, "fcm_token": fcmToken, "device_id": deviceId, "platform": "ios"])
    }

    func close() {
        manager.disconnect()
    }

    private func join() {
        let said: [String: Any] = ["user_id": userId, "after": known.max() ?? 0]
        manager.defaultSocket.emit("join_chat", said)
    }

    private func take(_ message: ChatMessage) {
        if let id = message.id, !known.insert(id).inserted { return }
        onMessage(message)
    }

    private func page(_ option: URLQueryItem) async throws -> [ChatMessage] {
        struct History: Decodable { let messages: [ChatMessage] }
        var url = URLComponents(url: desk, resolvingAgainstBaseURL: false)!
        url.percentEncodedPath = "/message_history/" + userId.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        url.queryItems = [URLQueryItem(name: "limit", value: "50"), option]
        return try JSONDecoder().decode(History.self, from: try await call(URLRequest(url: url.url!))).messages
    }

    private func post(_ path: String, _ body: [String: Any]) async throws -> Data {
        try await post(path, try JSONSerialization.data(withJSONObject: body), type: "application/json")
    }

    private func post(_ path: String, _ body: Data, type: String) async throws -> Data {
        var request = URLRequest(url: desk.appendingPathComponent(path))
        request.httpMethod = "POST"
        request.httpBody = body
        request.setValue(type, forHTTPHeaderField: "Content-Type")
        return try await call(request)
    }

    private func call(_ asked: URLRequest) async throws -> Data {
        var request = asked
        request.setValue(appKey, forHTTPHeaderField: "X-App-Key") // signed user ids: X-User-Id, X-User-Hash
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = response as! HTTPURLResponse
        if http.statusCode == 200 { return data }
        let refusal = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
        throw ChatRefused(
            error: refusal?["error"] as? String ?? "HTTP \(http.statusCode)", code: refusal?["code"] as? String ?? "",
            again: http.statusCode == 429 || http.statusCode >= 500,
            after: TimeInterval(http.value(forHTTPHeaderField: "Retry-After") ?? "") ?? 0)
    }

    /// Again, for a minute, after a lost connection, 429 and 5xx; what the server has refused is refused.
    private func patiently(_ ask: () async throws -> Data) async throws -> Data {
        let end = Date().addingTimeInterval(60)
        var wait: TimeInterval = 0.5
        while true {
            var after: TimeInterval = 0
            do {
                return try await ask()
            } catch let refused as ChatRefused {
                if !refused.again || Date() > end { throw refused }
                after = refused.after
            } catch let lost as URLError {
                if Date() > end { throw lost }
            }
            try await Task.sleep(nanoseconds: UInt64(max(wait, after) * 1_000_000_000))
            wait = min(wait * 2, 15)
        }
    }
}
