// .package(url: "https://github.com/socketio/socket.io-client-swift", from: "16.1.0")
import Foundation
import SocketIO

struct ChatMessage: Decodable {
    let id: Int?
    let message: String
    let photo_url: String?
    let direction: String
    let created_at: String
}

struct ChatHistory: Decodable {
    let messages: [ChatMessage]
    let greeting_sent: Bool
}

struct ChatFailure: Decodable, Error {
    let error: String
}

final class Chat {
    private let desk: URL, appKey: String, userId: String
    private let manager: SocketManager
    private var last = 0

    init(desk: URL, appKey: String, userId: String, onMessage: @escaping ([String: Any]) -> Void) {
        self.desk = desk
        self.appKey = appKey
        self.userId = userId
        manager = SocketManager(socketURL: desk)
        let socket = manager.defaultSocket
        socket.on(clientEvent: .connect) { [weak self] _, _ in
            guard let self else { return }
            socket.emit("join_chat", self.last > 0 ? ["user_id": userId, "after": self.last] : ["user_id": userId])
        }
        socket.on("new_message") { [weak self] data, _ in
            guard let self, let message = data.first as? [String: Any], let id = message["id"] as? Int, id > self.last else { return }
            self.last = id
            onMessage(message)
        }
        socket.connect(withPayload: ["app_key": appKey])
    }

    func history(userName: String) async throws -> ChatHistory {
        var parts = URLComponents(url: desk.appendingPathComponent("message_history").appendingPathComponent(userId), resolvingAgainstBaseURL: false)!
        parts.queryItems = [URLQueryItem(name: "limit", value: "50"), URLQueryItem(name: "user_name", value: userName)]
        return try await run(URLRequest(url: parts.url!))
    }

    func send(_ text: String, clientId: String = UUID().uuidString) async throws {
        let _: Sent = try await post("send_message", ["user_id": userId, "message": text, "client_id": clientId])
    }

    func registerDevice(token: String, deviceId: String) async throws {
        let _: Done = try await post("register_device", ["user_id": userId, "fcm_token": token, "platform": "ios", "device_id": deviceId])
    }

    private struct Sent: Decodable { let message_id: Int }
    private struct Done: Decodable { let success: Bool }

    private func post<T: Decodable>(_ path: String, _ body: [String: String]) async throws -> T {
        var request = URLRequest(url: desk.appendingPathComponent(path))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(body)
        return try await run(request)
    }

    private func run<T: Decodable>(_ request: URLRequest) async throws -> T {
        var request = request
        request.setValue(appKey, forHTTPHeaderField: "X-App-Key")
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw try JSONDecoder().decode(ChatFailure.self, from: data) }
        return try JSONDecoder().decode(T.self, from: data)
    }
}
