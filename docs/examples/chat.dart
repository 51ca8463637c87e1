// dependencies: http: ^1.2.0, socket_io_client: ^3.0.0
import 'dart:async';
import 'dart:convert';
import 'dart:io';
import 'dart:math';
import 'package:http/http.dart' as http;
import 'package:socket_io_client/socket_io_client.dart' as io;

class ChatRefused implements Exception {
  ChatRefused(this.error, this.code, {required this.again, required this.after});
  final String error, code;
  final bool again;
  final Duration after;
  @override
  String toString() => error;
}

/// The support chat of one user. [onMessage] gets every message once, whichever way it came: by the history, live, or
/// after a lost connection. The greeting of the day has no id.
class Chat {
  Chat({required this.desk, required this.appKey, required this.userId, required this.onMessage, void Function(dynamic)? onError}) {
    // Signed user ids: 'user_hash' here, and the headers X-User-Id and X-User-Hash in _headers.
    final options = io.OptionBuilder().setTransports(['websocket']).setAuth({'app_key': appKey}).enableForceNew().disableAutoConnect();
    _socket = io.io(desk.toString(), options.build());
    // At the first connection and at each one after a loss: what was missed comes again (0: all of it).
    _socket.onConnect((_) => _socket.emit('join_chat', {'user_id': userId, 'after': _known.isEmpty ? 0 : _last}));
    _socket.on('new_message', (data) => _take(Map<String, dynamic>.from(data as Map)));
    _socket.on('error', (data) => onError?.call(data));
  }

  final Uri desk;
  final String appKey, userId;
  final void Function(Map<String, dynamic>) onMessage;
  late final io.Socket _socket;
  final _known = <int>{};

  /// Shows the newest messages, and whatever comes from then on.
  Future<void> open(String userName) async {
    (await _page({'user_name': userName})).forEach(_take);
    _socket.connect();
  }

  /// For scrolling up: the messages before the one with this id.
  Future<List<Map<String, dynamic>>> older(int id) => _page({'before': '$id'});

  /// Its id. The same [clientId] is the same message, so it may leave twice and is stored once.
  Future<int> send(String text, {List<File> photos = const [], String? clientId}) async {
    final fields = {'user_id': userId, 'message': text, 'client_id': clientId ?? _newId()};
    final answer = await _patiently(() async {
      final form = http.MultipartRequest('POST', desk.resolve('/send_message'))
        ..headers.addAll(_headers)
        ..fields.addAll(fields);
      for (final photo in photos) {
        form.files.add(await http.MultipartFile.fromPath('photo', photo.path));
      }
      return _read(await http.Response.fromStream(await form.send()));
    });
    return answer['message_id'] as int;
  }

  /// All that was shown has been seen: the operator's panel says so.
  void read() {
    if (_known.isNotEmpty) _socket.emit('read', {'user_id': userId, 'message_id': _last});
  }

  /// With every start of the app, and when FirebaseMessaging.instance.onTokenRefresh gives another token.
  Future<void> registerDevice(String fcmToken, String deviceId) async {
    final device = {'user_id': userId, 'fcm_token': fcmToken, 'device_id': deviceId, 'platform': Platform.isIOS ? 'ios' : 'android'};
    _read(await http.post(desk.resolve('/register_device'),
        headers: {..._headers, 'Content-Type': 'application/json'}, body: jsonEncode(device)));
  }

  void close() => _socket.dispose();

  int get _last => _known.reduce(max);
  Map<String, String> get _headers => {'X-App-Key': appKey};

  String _newId() {
    final random = Random.secure();
    return List.generate(16, (_) => random.nextInt(256).toRadixString(16).padLeft(2, '0')).join();
  }

  void _take(Map<String, dynamic> message) {
    final id = message['id'] as int?;
    if (id == null || _known.add(id)) onMessage(message);
  }

  Future<List<Map<String, dynamic>>> _page(Map<String, String> options) async {
    final uri = desk.replace(pathSegments: ['message_history', userId], queryParameters: {'limit': '50', ...options});
    final messages = _read(await http.get(uri, headers: _headers))['messages'] as List<dynamic>;
    return messages.cast<Map<String, dynamic>>();
  }

  Map<String, dynamic> _read(http.Response response) {
    final text = utf8.decode(response.bodyBytes);
    if (response.statusCode == 200) return jsonDecode(text) as Map<String, dynamic>;
    var refusal = <String, dynamic>{};
    try {
      refusal = jsonDecode(text) as Map<String, dynamic>;
    } on FormatException {
      // A proxy's page, not the server's answer.
    }
    throw ChatRefused('${refusal['error'] ?? 'HTTP ${response.statusCode}'}', '${refusal['code'] ?? ''}',
        again: response.statusCode == 429 || response.statusCode >= 500,
        after: Duration(seconds: int.tryParse(response.headers['retry-after'] ?? '') ?? 0));
  }

  /// Again, for a minute, after a lost connection, 429 and 5xx; what the server has refused is refused.
  Future<T> _patiently<T>(Future<T> Function() ask) async {
    final end = DateTime.now().add(const Duration(minutes: 1));
    for (var wait = const Duration(milliseconds: 500);; wait = wait < const Duration(seconds: 8) ? wait * 2 : wait) {
      var after = Duration.zero;
      try {
        return await ask();
      } on ChatRefused catch (refused) {
        if (!refused.again || DateTime.now().isAfter(end)) rethrow;
        after = refused.after;
      } on http.ClientException {
        if (DateTime.now().isAfter(end)) rethrow;
      } on SocketException {
        if (DateTime.now().isAfter(end)) rethrow;
      }
      await Future<void>.delayed(after > wait ? after : wait);
    }
  }
}
